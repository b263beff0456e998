/** Configurations without their centre of mass. */

/**
 * Subtracts the centre of mass of every configuration, in place.
 * @param values row-major [count, particles, dimensions]; float32 is averaged in double.
 */
export function removeCentreOfMass(
  values: Float32Array | Float64Array,
  particles: number,
  dimensions: number,
): void {
  const width = particles * dimensions;
  for (let start = 0; start < values.length; start += width) {
    for (let a = 0; a < dimensions; a++) {
      let mean = 0;
      for (let i = a; i < width; i += dimensions) mean += values[start + i]!;
      mean /= particles;
      for (let i = a; i < width; i += dimensions) values[start + i]! -= mean;
    }
  }
}
