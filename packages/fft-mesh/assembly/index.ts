/** The exported kernels, one for each dtype. */
import { filterBackward, filterForward } from './filter';
import { paintParticles, readGradients, readParticles, readVectors } from './paint';
import { complexTransform, inverseRealTransform, realTransform } from './transforms';

export function rfftF32(x: usize, re: usize, im: usize, plan: usize, table: usize, scratch: usize, rank: i32, batch: usize, n0: usize, n1: usize, n2: i32): void {
  realTransform<f32>(x, re, im, plan, table, scratch, rank, batch, n0, n1, n2);
}
export function rfftF64(x: usize, re: usize, im: usize, plan: usize, table: usize, scratch: usize, rank: i32, batch: usize, n0: usize, n1: usize, n2: i32): void {
  realTransform<f64>(x, re, im, plan, table, scratch, rank, batch, n0, n1, n2);
}
export function irfftF32(re: usize, im: usize, x: usize, plan: usize, table: usize, scratch: usize, spectrum: usize, rank: i32, batch: usize, n0: usize, n1: usize, n2: i32): void {
  inverseRealTransform<f32>(re, im, x, plan, table, scratch, spectrum, rank, batch, n0, n1, n2);
}
export function irfftF64(re: usize, im: usize, x: usize, plan: usize, table: usize, scratch: usize, spectrum: usize, rank: i32, batch: usize, n0: usize, n1: usize, n2: i32): void {
  inverseRealTransform<f64>(re, im, x, plan, table, scratch, spectrum, rank, batch, n0, n1, n2);
}
export function fftF32(sourceRe: usize, sourceIm: usize, re: usize, im: usize, plan: usize, table: usize, scratch: usize, scale: f32, rank: i32, batch: usize, n0: usize, n1: usize, n2: usize): void {
  complexTransform<f32>(sourceRe, sourceIm, re, im, plan, table, scratch, scale, rank, batch, n0, n1, n2);
}
export function fftF64(sourceRe: usize, sourceIm: usize, re: usize, im: usize, plan: usize, table: usize, scratch: usize, scale: f64, rank: i32, batch: usize, n0: usize, n1: usize, n2: usize): void {
  complexTransform<f64>(sourceRe, sourceIm, re, im, plan, table, scratch, scale, rank, batch, n0, n1, n2);
}
export function radialFilterF32(x: usize, filter: usize, y: usize, spectrum: usize, plan: usize, table: usize, scratch: usize, offsets: usize, weights: usize, work: usize, rank: i32, batch: usize, n0: i32, n1: usize, n2: usize, shells: usize): void {
  filterForward<f32>(x, filter, y, spectrum, plan, table, scratch, offsets, weights, work, rank, batch, n0, n1, n2, shells);
}
export function radialFilterF64(x: usize, filter: usize, y: usize, spectrum: usize, plan: usize, table: usize, scratch: usize, offsets: usize, weights: usize, work: usize, rank: i32, batch: usize, n0: i32, n1: usize, n2: usize, shells: usize): void {
  filterForward<f64>(x, filter, y, spectrum, plan, table, scratch, offsets, weights, work, rank, batch, n0, n1, n2, shells);
}
export function radialFilterVjpF32(cotangent: usize, filter: usize, spectrum: usize, x: usize, gradient: usize, plan: usize, table: usize, scratch: usize, offsets: usize, weights: usize, work: usize, sums: usize, rank: i32, batch: usize, n0: i32, n1: usize, n2: usize, shells: usize): void {
  filterBackward<f32>(cotangent, filter, spectrum, x, gradient, plan, table, scratch, offsets, weights, work, sums, rank, batch, n0, n1, n2, shells);
}
export function radialFilterVjpF64(cotangent: usize, filter: usize, spectrum: usize, x: usize, gradient: usize, plan: usize, table: usize, scratch: usize, offsets: usize, weights: usize, work: usize, sums: usize, rank: i32, batch: usize, n0: i32, n1: usize, n2: usize, shells: usize): void {
  filterBackward<f64>(cotangent, filter, spectrum, x, gradient, plan, table, scratch, offsets, weights, work, sums, rank, batch, n0, n1, n2, shells);
}
export function paintF32(positions: usize, weights: usize, mesh: usize, scratch: usize, count: usize, d: i32, n0: i32, n1: i32, n2: i32, boxSize: f64, support: i32, o0: i32, o1: i32, o2: i32): void {
  paintParticles<f32>(positions, weights, mesh, scratch, count, d, n0, n1, n2, boxSize, support, o0, o1, o2);
}
export function paintF64(positions: usize, weights: usize, mesh: usize, scratch: usize, count: usize, d: i32, n0: i32, n1: i32, n2: i32, boxSize: f64, support: i32, o0: i32, o1: i32, o2: i32): void {
  paintParticles<f64>(positions, weights, mesh, scratch, count, d, n0, n1, n2, boxSize, support, o0, o1, o2);
}
export function readoutF32(positions: usize, mesh: usize, values: usize, scratch: usize, count: usize, d: i32, n0: i32, n1: i32, n2: i32, boxSize: f64, support: i32, o0: i32, o1: i32, o2: i32): void {
  readParticles<f32>(positions, mesh, values, scratch, count, d, n0, n1, n2, boxSize, support, o0, o1, o2);
}
export function readoutF64(positions: usize, mesh: usize, values: usize, scratch: usize, count: usize, d: i32, n0: i32, n1: i32, n2: i32, boxSize: f64, support: i32, o0: i32, o1: i32, o2: i32): void {
  readParticles<f64>(positions, mesh, values, scratch, count, d, n0, n1, n2, boxSize, support, o0, o1, o2);
}
export function readoutGradientF32(positions: usize, mesh: usize, gradients: usize, scratch: usize, count: usize, d: i32, n0: i32, n1: i32, n2: i32, boxSize: f64, support: i32): void {
  readGradients<f32>(positions, mesh, gradients, scratch, count, d, n0, n1, n2, boxSize, support);
}
export function readoutGradientF64(positions: usize, mesh: usize, gradients: usize, scratch: usize, count: usize, d: i32, n0: i32, n1: i32, n2: i32, boxSize: f64, support: i32): void {
  readGradients<f64>(positions, mesh, gradients, scratch, count, d, n0, n1, n2, boxSize, support);
}
export function readoutVectorF32(positions: usize, m0: usize, m1: usize, m2: usize, values: usize, scratch: usize, count: usize, d: i32, n0: i32, n1: i32, n2: i32, boxSize: f64, support: i32): void {
  readVectors<f32>(positions, m0, m1, m2, values, scratch, count, d, n0, n1, n2, boxSize, support);
}
export function readoutVectorF64(positions: usize, m0: usize, m1: usize, m2: usize, values: usize, scratch: usize, count: usize, d: i32, n0: i32, n1: i32, n2: i32, boxSize: f64, support: i32): void {
  readVectors<f64>(positions, m0, m1, m2, values, scratch, count, d, n0, n1, n2, boxSize, support);
}
