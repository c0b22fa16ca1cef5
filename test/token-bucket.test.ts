import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../src/async/token-bucket.js';

describe('a token bucket', () => {
  it('gives as much as it holds, and one more when that has come back', () => {
    let now = 0;
    const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, () => now);
    expect([bucket.take(1), bucket.take(2), bucket.take(1)]).toEqual([true, true, false]);
    now += 499;
    expect(bucket.take(1)).toBe(false);
    now += 1;
    expect([bucket.take(1), bucket.take(1)]).toEqual([true, false]);
    now += 60_000;
    expect([bucket.take(4), bucket.take(3), bucket.take(1)]).toEqual([false, true, false]);
  });

  it.each([
    [{ burst: Number.POSITIVE_INFINITY, perSecond: 0 }],
    [{ burst: Number.POSITIVE_INFINITY, perSecond: Number.POSITIVE_INFINITY }],
  ])('of %j gives without end', (rate) => {
    const bucket = new TokenBucket(rate, () => 0);
    for (let n = 0; n < 10; n++) expect(bucket.take(1e9)).toBe(true);
  });

  it('gives nothing back while no time passes, whatever the rate, or where the clock goes back', () => {
    let now = 5;
    const bucket = new TokenBucket({ burst: 1, perSecond: Number.POSITIVE_INFINITY }, () => now);
    expect([bucket.take(1), bucket.take(1)]).toEqual([true, false]);
    now = 4;
    expect(bucket.take(1)).toBe(false);
    now = 6;
    expect([bucket.take(1), bucket.take(1)]).toEqual([true, false]);
  });

  it('never gives more than its burst and what has come back since', () => {
    const step = fc.record({ amount: fc.nat(50), pause: fc.nat(1_000) });
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), fc.array(step), (burst, perSecond, steps) => {
        let now = 0;
        let given = 0;
        const bucket = new TokenBucket({ burst, perSecond }, () => now);
        for (const { amount, pause } of steps) {
          now += pause;
          if (bucket.take(amount)) given += amount;
          expect(given).toBeLessThanOrEqual(burst + (now / 1_000) * perSecond + 1e-6);
        }
      }),
    );
  });
});
