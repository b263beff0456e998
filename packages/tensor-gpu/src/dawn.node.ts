/** WebGPU for Node: Dawn, from the optional package `webgpu`. */

/** An entry point of WebGPU and the globals that come with it; or why there is none. */
export interface Dawn {
  readonly gpu: object | null;
  readonly globals: object;
  readonly reason: string;
}

/** Loads Dawn; tells why where it is not installed or does not load. */
export async function dawn(): Promise<Dawn> {
  try {
    const { create, globals } = await import('webgpu');
    return { gpu: create([]), globals, reason: '' };
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { gpu: null, globals: {}, reason: `the package webgpu does not load (${reason})` };
  }
}
