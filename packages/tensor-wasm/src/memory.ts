/** Planning of the linear memory: an allocator of offsets that runs at compile time only. */

/** Buffers start and end on multiples of this: a line of the cache, four vectors. */
export const alignment = 64;

/** `bytes` rounded up to whole lines; at least one, so that every buffer has an address of its own. */
export function padded(bytes: number): number {
  return Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
}

/** Best-fit allocator of byte offsets. Neighbouring free pieces are joined; the top grows when nothing fits. */
export class OffsetAllocator {
  /** Free pieces, by address. */
  readonly #free: { start: number; bytes: number }[] = [];
  #top: number;

  /** @param start first address handed out; what lies below is never touched. */
  constructor(start: number = alignment) {
    this.#top = start;
  }

  /** One past the highest address ever handed out. */
  get top(): number {
    return this.#top;
  }

  /** The address of a new buffer of at least `bytes`. */
  allocate(bytes: number): number {
    const size = padded(bytes);
    let best = -1;
    this.#free.forEach((piece, index) => {
      if (piece.bytes >= size && (best < 0 || piece.bytes < this.#free[best]!.bytes)) best = index;
    });
    if (best < 0) {
      // A free piece at the top is grown rather than left behind.
      const last = this.#free.at(-1);
      if (last && last.start + last.bytes === this.#top) {
        this.#free.pop();
        this.#top = last.start + size;
        return last.start;
      }
      this.#top += size;
      return this.#top - size;
    }
    const piece = this.#free[best]!;
    const { start } = piece;
    if (piece.bytes === size) this.#free.splice(best, 1);
    else {
      piece.start += size;
      piece.bytes -= size;
    }
    return start;
  }

  /**
   * The address of memory that no earlier buffer had: for constants, which are written before the first call
   * and so must not lie where a temporary value was.
   */
  allocateUntouched(bytes: number): number {
    const start = this.#top;
    this.#top += padded(bytes);
    return start;
  }

  /** Gives a buffer back; `bytes` as it was asked for. */
  free(start: number, bytes: number): void {
    const size = padded(bytes);
    let low = 0;
    let high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#free[middle]!.start < start) low = middle + 1;
      else high = middle;
    }
    const before = this.#free[low - 1];
    const after = this.#free[low];
    const joinsBefore = before !== undefined && before.start + before.bytes === start;
    const joinsAfter = after !== undefined && start + size === after.start;
    if (joinsBefore) {
      before.bytes += size;
      if (joinsAfter) {
        before.bytes += after.bytes;
        this.#free.splice(low, 1);
      }
    } else if (joinsAfter) {
      after.start = start;
      after.bytes += size;
    } else this.#free.splice(low, 0, { start, bytes: size });
  }
}
