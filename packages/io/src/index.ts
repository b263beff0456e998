/**
 * File formats as pure functions on bytes and text, for Node and browsers. What touches the disk is in
 * `@equiflow/io/node`.
 */
export { FileError, FileFormatError } from './errors.ts';
export {
  type Chain,
  type ChainParameter,
  encodeGetDist,
  type GetDistFiles,
  parseGetDist,
} from './getdist.ts';
export { type MapLayout, mapLayout, requireFinite, rowOfMap, squareMaps } from './layout.ts';
export { decodeNpy, encodeNpy, isNpy, type NpyHeader, parseNpyHeader } from './npy.ts';
export {
  type FloatArrays,
  type FloatKind,
  type NpyArray,
  type NpyData,
  type NpyDtype,
  toFloats,
} from './npy-data.ts';
export { type ArrayToWrite, decodeNpz, encodeNpz, npzNames } from './npz.ts';
export { memoryRows, type RowSource } from './rows.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type StoredTensor,
  type TensorData,
} from './safetensors.ts';
export { formatTable, type NumericTable, parseTable, selectColumns } from './tables.ts';
