/// <reference path="./gpu-js.d.ts" />
/**
 * The library gpu.js. In the workspace it is the package; the build replaces this module's output by the file that gpu.js
 * publishes (`scripts/vendor.mjs`), since installing gpu.js as a dependency compiles a GL implementation for minutes.
 */
import library from 'gpu.js/dist/gpu-browser.min.js';
import type { GpuJs } from '../gpu-js.ts';

const gpujs: GpuJs = library as GpuJs;
export default gpujs;
