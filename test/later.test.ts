import { describe, expect, it } from 'vitest';
import { whenDone, within } from '../src/async/later.js';
import { ManualClock } from './support/manual-clock.js';

describe('whenDone', () => {
  const outcomeOf = (run: () => unknown) => {
    const outcomes: unknown[] = [];
    whenDone(
      run,
      (value) => outcomes.push(['done', value]),
      (error) => outcomes.push(['failed', error]),
    );
    return outcomes;
  };

  it('hands on in the same turn what is there', () => {
    expect(outcomeOf(() => 1)).toEqual([['done', 1]]);
    expect(
      outcomeOf(() => {
        throw 'no';
      }),
    ).toEqual([['failed', 'no']]);
  });

  it('hands on later what is not, of any kind of promise', async () => {
    // biome-ignore lint/suspicious/noThenProperty: what other libraries make
    const foreign = { then: (done: (value: number) => void) => done(3) };
    const all = [() => Promise.resolve(2), () => Promise.reject('no'), () => foreign].map(outcomeOf);
    expect(all).toEqual([[], [], []]);
    await new Promise(setImmediate);
    expect(all).toEqual([[['done', 2]], [['failed', 'no']], [['done', 3]]]);
  });
});

describe('within', () => {
  const late = () => new Error('late');

  it('is what it waits for, as long as that is in time; no timer is left', async () => {
    const clock = new ManualClock();
    expect(await within(Promise.resolve(1), 10, late, clock)).toBe(1);
    await expect(within(Promise.reject(new Error('no')), 10, late, clock)).rejects.toThrow('no');
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails when it takes too long, and what comes after that is nothing', async () => {
    const clock = new ManualClock();
    let finish = (_value: number) => {};
    const value = new Promise<number>((resolve) => {
      finish = resolve;
    });
    const waiting = within(value, 10, late, clock);
    clock.advance(10);
    finish(1);
    await expect(waiting).rejects.toThrow('late');
  });
});
