/** The constants of a plan: data that is written once, before the first run. */
import type { TypedArray } from '@equiflow/tensor';

/** Data with its byte address. */
export interface PlacedConstant {
  readonly pointer: number;
  readonly data: TypedArray;
}

/** Gives constant data addresses; equal content of one type is kept once. */
export class ConstantPool {
  readonly placed: PlacedConstant[] = [];
  readonly #allocate: (bytes: number) => number;
  readonly #byContent = new Map<string, PlacedConstant[]>();

  constructor(allocate: (bytes: number) => number) {
    this.#allocate = allocate;
  }

  /** The address of `data`. */
  place(data: TypedArray): number {
    const bytes = bytesOf(data);
    const key = `${data.constructor.name} ${data.length} ${checksum(bytes)}`;
    const similar = this.#byContent.get(key) ?? [];
    const same = similar.find((other) => bytesOf(other.data).every((byte, i) => byte === bytes[i]));
    if (same) return same.pointer;
    const entry = { pointer: this.#allocate(data.byteLength), data };
    this.#byContent.set(key, [...similar, entry]);
    this.placed.push(entry);
    return entry.pointer;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** FNV-1a, so that only likely equals are compared. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}
