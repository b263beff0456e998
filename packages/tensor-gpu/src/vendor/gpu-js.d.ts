declare module 'gpu.js/dist/gpu-browser.min.js' {
  const library: unknown;
  export default library;
}
