/** Buffers that are alive at once never overlap, and freed memory is used again. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alignment, OffsetAllocator, padded } from './memory.ts';

/** Allocates where the number is positive, frees the n-th live buffer where it is negative. */
const commands = fc.array(fc.integer({ min: -8, max: 2000 }), { maxLength: 80 });

test('live buffers are aligned, padded and apart, and above the first line', () => {
  fc.assert(
    fc.property(commands, (list) => {
      const allocator = new OffsetAllocator();
      const live: { start: number; bytes: number }[] = [];
      for (const command of list) {
        if (command >= 0) {
          const start =
            command % 7 === 0 ? allocator.allocateUntouched(command) : allocator.allocate(command);
          const end = start + padded(command);
          expect(start % alignment).toBe(0);
          expect(start).toBeGreaterThanOrEqual(alignment);
          expect(end).toBeLessThanOrEqual(allocator.top);
          for (const other of live) {
            expect(start >= other.start + padded(other.bytes) || end <= other.start).toBe(true);
          }
          live.push({ start, bytes: command });
        } else if (live.length > 0) {
          const [{ start, bytes }] = live.splice(-command % live.length, 1) as [
            { start: number; bytes: number },
          ];
          allocator.free(start, bytes);
        }
      }
      // All freed, everything is one piece again, whatever the order was.
      for (const { start, bytes } of live) allocator.free(start, bytes);
      const { top } = allocator;
      if (top > alignment) expect(allocator.allocate(top - alignment)).toBe(alignment);
      expect(allocator.top).toBe(top);
    }),
  );
});

test('memory for constants was never another buffer', () => {
  const allocator = new OffsetAllocator();
  const temporary = allocator.allocate(100);
  allocator.free(temporary, 100);
  expect(allocator.allocateUntouched(10)).toBeGreaterThanOrEqual(temporary + 128);
  expect(allocator.allocate(100)).toBe(temporary);
});
