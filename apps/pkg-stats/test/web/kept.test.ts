import { describe, expect, it } from 'vitest';
import { Kept } from '../../src/web/kept.js';

/** Counts how often it is made, at a time of our own. */
function count({ keepFor = 1_000 } = {}) {
  const clock = { now: 0 };
  const made: PromiseWithResolvers<number>[] = [];
  const make = () => {
    const next = withResolvers<number>();
    made.push(next);
    return next.promise;
  };
  return { clock, made, kept: new Kept(make, keepFor, () => clock.now) };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let [resolve, reject] = [(_value: T) => {}, (_error: Error) => {}];
  const promise = new Promise<T>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

describe('what is kept', () => {
  it('is made once for all who ask meanwhile', async () => {
    const { kept, made } = count();
    const asked = Array.from({ length: 40 }, () => kept.get());
    made[0]?.resolve(7);
    expect(new Set(await Promise.all(asked))).toEqual(new Set([7]));
    expect(made).toHaveLength(1);
  });

  it('is made again after its time, not before', async () => {
    const { kept, made, clock } = count({ keepFor: 1_000 });
    void kept.get();
    clock.now = 999;
    void kept.get();
    expect(made).toHaveLength(1);
    clock.now = 1_000;
    void kept.get();
    expect(made).toHaveLength(2);
  });

  it('is made again where that has failed', async () => {
    const { kept, made } = count();
    const first = kept.get();
    made[0]?.reject(new Error('not now'));
    await expect(first).rejects.toThrow('not now');
    const second = kept.get();
    made[1]?.resolve(2);
    expect(await second).toBe(2);
  });
});
