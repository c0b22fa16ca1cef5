import fc from 'fast-check';
import { expect, it } from 'vitest';
import { applyMask } from '../../src/protocol/mask.js';

it('masks the bytes that it is given, wherever they lie, and no others', () => {
  const bytes = fc.uint8Array({ minLength: 40, maxLength: 140 });
  const mask = fc.uint8Array({ minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(bytes, mask, fc.nat(20), fc.nat(20), (memory, key, before, after) => {
      const expected = memory.map((byte, at) => {
        const isMeant = at >= before && at < memory.length - after;
        return isMeant ? byte ^ (key[(at - before) & 3] as number) : byte;
      });
      applyMask(memory.subarray(before, memory.length - after), key);
      expect(memory).toEqual(expected);
    }),
    { numRuns: 1_000 },
  );
});
