import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { describe, expect, it } from 'vitest';
import { P2PError } from '../../src/protocol/p2p-error.js';
import { codeOf, settled } from '../support/relay.js';
import {
  abortionOf,
  activeCalls,
  HOSTINGS,
  muteApi,
  type ServiceHosting,
  type Signal,
  signal,
  startService,
} from '../support/service-hosts.js';

/** Numbers from 0 on, without end unless told otherwise, and what becomes of them. */
interface Numbers {
  readonly items: () => AsyncGenerator<number>;
  /** How many were taken. */
  taken: number;
  /** The generator has been stopped, or has come to its end. */
  readonly stopped: Signal<void>;
}

function numbers(to = Number.POSITIVE_INFINITY): Numbers {
  const source: Numbers = {
    taken: 0,
    stopped: signal(),
    async *items() {
      try {
        for (let n = 0; n < to; n++) {
          source.taken++;
          yield n;
        }
      } finally {
        source.stopped.give();
      }
    },
  };
  return source;
}

/** Everything that an iteration gives, and what it fails with. */
async function drain<T = unknown>(items: AsyncIterable<T>): Promise<{ items: T[]; error: P2PError | undefined }> {
  const taken: T[] = [];
  try {
    for await (const item of items) taken.push(item);
    return { items: taken, error: undefined };
  } catch (error) {
    return { items: taken, error: error as P2PError };
  }
}

async function firstOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}

type Items<T = unknown> = AsyncIterableIterator<T>;

/** A service with an API that yields numbers without end, and its caller, who has read the first of them. */
async function startCounting(host: ServiceHosting) {
  const scene = await startService(host);
  const source = numbers();
  const called = signal<{ readonly signal: AbortSignal }>();
  scene.provider.provideService('count', async function* () {
    called.give(this);
    yield* source.items();
  });
  const abort = new AbortController();
  const items = await scene.caller.with({ signal: abort.signal }).callService<Items<number>>(scene.name, 'count');
  expect(await items.next()).toEqual({ done: false, value: 0 });
  return { ...scene, source, items, abort, reason: abortionOf(await called.given) };
}

describe.each(HOSTINGS)('SV-2 a service %s yields', (_kind, host) => {
  it('CV-3 items in order, as many as there are', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('count', (to: number) => numbers(to).items());
    for (const to of [0, 1, 2, 5_000]) {
      const { items } = await drain(await caller.callService(name, 'count', to));
      expect(items).toEqual(Array.from({ length: to }, (_, n) => n));
    }
    expect(await activeCalls(caller, name, 'count')).toBe(0);
  });

  it('CV-3 items of every kind: null and undefined, objects, bytes, and larger ones than a packet takes', async () => {
    const { provider, name, caller } = await startService(host);
    const large = 'ä'.repeat(400_000);
    const kinds = [null, undefined, false, '', [], [1, 2], [[]], { a: null }, large, 'end'];
    provider.provideService('kinds', async function* () {
      yield* kinds;
    });
    expect((await drain(await caller.callService(name, 'kinds'))).items).toEqual(kinds);
    const bytes = new Uint8Array(300_000).fill(7);
    provider.provideService('bytes', async function* () {
      yield bytes;
      yield { inside: bytes };
    });
    const { items } = await drain(await caller.callService<Items>(name, 'bytes'));
    const [alone, { inside }] = items as [Uint8Array, { inside: Uint8Array }];
    expect([Buffer.compare(alone, bytes), Buffer.compare(inside, bytes)]).toEqual([0, 0]);
  });

  it('CV-3 whatever can be iterated: by a promise, a web stream, a Node stream', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('promise', async () => numbers(3).items());
    provider.provideService('web', () => ReadableStream.from([0, 1, 2]));
    provider.provideService('node', () => Readable.from([0, 1, 2]));
    for (const api of ['promise', 'web', 'node']) {
      expect((await drain(await caller.callService(name, api))).items).toEqual([0, 1, 2]);
    }
  });

  it('CV-3 no faster than they are read', async () => {
    const { provider, name, caller } = await startService(host);
    const source = numbers(100);
    provider.provideService('large', async function* () {
      for await (const n of source.items()) yield { n, text: 'x'.repeat(10_000) };
    });
    const items = await caller.callService<Items<{ n: number }>>(name, 'large');
    await items.next();
    for (let round = 0; round < 5; round++) await settled(caller);
    // A window of 128 KiB, one that was read, and one that waits.
    expect(source.taken).toBeLessThanOrEqual(15);
    const { items: rest } = await drain(items);
    expect(rest.map(({ n }) => n)).toEqual(Array.from({ length: 99 }, (_, n) => n + 1));
  });

  it('CV-3 until the caller leaves: a break stops the generator', async () => {
    const { provider, name, caller } = await startService(host);
    const source = numbers();
    const ended = signal<unknown>();
    provider.provideService('count', async function* () {
      ended.give(abortionOf(this));
      yield* source.items();
    });
    expect(await firstOf(await caller.callService<Items<number>>(name, 'count'))).toBe(0);
    await source.stopped.given;
    expect(await ended.given).toMatchObject({ code: 'ABORTED' });
    expect(await activeCalls(caller, name, 'count')).toBe(0);
    expect(caller.errors).toEqual([]);
  });

  it('CV-3 to an iterator that is used by hand: it may be left unread, asked ahead, and asked after its end', async () => {
    const { provider, name, caller } = await startService(host);
    const source = numbers();
    provider.provideService('count', (to = Number.POSITIVE_INFINITY) => (to === 3 ? numbers(3) : source).items());
    const unread = await caller.callService<Items<number>>(name, 'count');
    expect(await unread.return?.()).toEqual({ done: true, value: undefined });
    await source.stopped.given;
    expect(await unread.next()).toEqual({ done: true, value: undefined });
    expect(await unread.return?.()).toEqual({ done: true, value: undefined });
    const ahead = await caller.callService<Items<number>>(name, 'count', 3);
    const results = await Promise.all(Array.from({ length: 5 }, () => ahead.next()));
    expect(results.map(({ done, value }) => (done ? 'end' : value))).toEqual([0, 1, 2, 'end', 'end']);
  });

  it('CV-3 a generator that is not async will do, and to leave it is no error', async () => {
    const { provider, name, caller } = await startService(host);
    const stopped = signal();
    provider.provideService('count', function* () {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        stopped.give();
      }
    });
    const taken: number[] = [];
    for await (const n of await caller.callService<Items<number>>(name, 'count')) {
      taken.push(n);
      if (n === 2) break;
    }
    expect(taken).toEqual([0, 1, 2]);
    await stopped.given;
    expect((await caller.describeService(name)).apis).toMatchObject([{ calls: 1, active: 0, errors: 0 }]);
  });

  it('R-2 an error that is too large to be sent ends the items all the same, both ways', async () => {
    const { provider, name, caller } = await startService(host);
    const huge = () => new P2PError('QUEUE_FULL', 'full', { details: { text: 'x'.repeat(1_200_000) } });
    provider.provideService('fail', async function* () {
      yield 1;
      throw huge();
    });
    const failed = await drain(await caller.callService<Items<number>>(name, 'fail'));
    expect(failed.items).toEqual([1]);
    expect(failed.error?.code).toMatch(/^(PAYLOAD_TOO_LARGE|QUEUE_FULL)$/);
    const told = signal<unknown>();
    provider.provideService('sum', async (items: Items<number>) => told.give((await drain(items)).error?.code));
    async function* failing() {
      yield 1;
      throw huge();
    }
    await expect(caller.callService(name, 'sum', failing())).rejects.toBeInstanceOf(P2PError);
    expect(await told.given).toBe('PAYLOAD_TOO_LARGE');
    await expect.poll(() => activeCalls(caller, name, 'fail')).toBe(0);
    await expect.poll(() => activeCalls(caller, name, 'sum')).toBe(0);
  });

  it('CV-3 a generator that comes when nobody waits any more does not begin', async () => {
    const { provider, name, caller } = await startService(host);
    const steps: string[] = [];
    const ended = signal();
    provider.provideService('late', async function () {
      await abortionOf(this);
      ended.give();
      return (function* () {
        steps.push('begun');
        yield 1;
      })();
    });
    expect(await codeOf(caller.with({ timeout: 20 }).callService(name, 'late'))).toBe('TIMEOUT');
    await ended.given;
    await caller.describeService(name);
    expect(steps).toEqual([]);
  });

  it('CV-3 items of a call that fails, or is answered without them, are left', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('plain', () => 'no items wanted');
    const opened = Array.from({ length: 3 }, () => Readable.from([1, 2, 3]));
    const closed = Promise.all(opened.map((readable) => new Promise((resolve) => readable.once('close', resolve))));
    expect(await codeOf(caller.callService('nobody', 'api', opened[0]))).toBe('CLIENT_NOT_FOUND');
    expect(await codeOf(caller.callService(name, 'absent', opened[1]))).toBe('API_NOT_FOUND');
    expect(await caller.callService(name, 'plain', opened[2])).toBe('no items wanted');
    await closed;
    expect(opened.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
  });

  it('CV-3 to nobody: emitService without an ack stops the generator', async () => {
    const { provider, name, caller } = await startService(host);
    const source = numbers();
    provider.provideService('count', () => source.items());
    caller.emitService(name, 'count');
    await source.stopped.given;
    const items = signal<Items<number>>();
    const finite = numbers(2);
    provider.provideService('two', () => finite.items());
    caller.emitService(name, 'two', (given: Items<number>) => items.give(given));
    expect((await drain(await items.given)).items).toEqual([0, 1]);
    expect(caller.errors).toEqual([]);
  });

  it.each([0, 1, 50])('CV-3 %i items and then fails: they arrive, and then its error', async (count) => {
    const { provider, name, caller, failures } = await startService(host);
    const failAfter = (error: unknown) =>
      async function* () {
        yield* numbers(count).items();
        throw error;
      };
    provider.provideService('own', failAfter(new P2PError('QUEUE_FULL', 'full', { details: { n: count } })));
    provider.provideService('any', failAfter(new Error('the password is 1234')));
    const own = await drain(await caller.callService<Items<number>>(name, 'own'));
    expect(own.items).toHaveLength(count);
    expect(own.error).toMatchObject({ name: 'P2PError', code: 'QUEUE_FULL', message: 'full', details: { n: count } });
    expect(failures).toEqual([]);
    const any = await drain(await caller.callService<Items<number>>(name, 'any'));
    expect(any.items).toHaveLength(count);
    expect(any.error).toMatchObject({ code: 'HANDLER_FAILED', details: { api: 'any' } });
    expect(JSON.stringify([any.error?.message, any.error?.details])).not.toContain('1234');
    expect(failures).toMatchObject([{ code: 'HANDLER_FAILED', cause: { message: 'the password is 1234' } }]);
    const { apis } = await caller.describeService(name);
    expect(apis).toMatchObject([
      { active: 0, errors: 1 },
      { active: 0, errors: 1 },
    ]);
  });

  it('CV-3 an item that cannot be sent: the iteration fails with the reason', async () => {
    const { provider, name, caller } = await startService(host);
    const stopped = signal();
    provider.provideService('bad', async function* (kind: string) {
      try {
        yield 'good';
        yield kind === 'large' ? 'x'.repeat(1_100_000) : 1n;
      } finally {
        stopped.give();
      }
    });
    for (const [kind, code] of [
      ['bigint', 'INVALID_ARGUMENT'],
      ['large', 'PAYLOAD_TOO_LARGE'],
    ]) {
      const { items, error } = await drain(await caller.callService<Items>(name, 'bad', kind));
      expect([items, error?.code]).toEqual([['good'], code]);
    }
    await stopped.given;
  });

  it('R-3 within the deadline for its beginning; then it takes its time', async () => {
    const { provider, name, caller } = await startService(host);
    const proceed = signal();
    const reasons: unknown[] = [];
    provider.provideService('mute', muteApi().handler);
    provider.provideService('slow', async function* () {
      void abortionOf(this).then((reason) => reasons.push(reason));
      yield 1;
      await proceed.given;
      yield 2;
    });
    const view = caller.with({ timeout: 100 });
    // On a machine that is too slow for it to begin in time there is nothing to see.
    const items = await view.callService<Items<number>>(name, 'slow').catch(() => undefined);
    expect(await codeOf(view.callService(name, 'mute'))).toBe('TIMEOUT');
    if (!items) return;
    expect(reasons).toEqual([]);
    proceed.give();
    expect((await drain(items)).items).toEqual([1, 2]);
  });

  it('R-3 until the caller aborts: the iteration throws, the generator stops, and its signal says why', async () => {
    const { source, items, abort, reason, caller, name } = await startCounting(host);
    abort.abort('enough');
    expect((await drain(items)).error).toMatchObject({ code: 'ABORTED', cause: 'enough' });
    await source.stopped.given;
    expect((await reason).code).toBe('ABORTED');
    expect(await activeCalls(caller, name, 'count')).toBe(0);
  });

  it('R-3 until the caller aborts, also when all has arrived and not been read', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('count', () => numbers(5).items());
    const abort = new AbortController();
    const items = await caller.with({ signal: abort.signal }).callService<Items<number>>(name, 'count');
    await items.next();
    await settled(caller);
    abort.abort();
    expect(await drain(items)).toMatchObject({ items: [], error: { code: 'ABORTED' } });
  });

  it('CC-2 until the caller is gone: LINK_DOWN there, PEER_GONE here', async () => {
    const { source, items, reason, caller, connect, name } = await startCounting(host);
    caller.disconnect();
    expect((await drain(items)).error).toMatchObject({ code: 'LINK_DOWN' });
    await source.stopped.given;
    expect((await reason).code).toBe('PEER_GONE');
    expect(await activeCalls(await connect('witness'), name, 'count')).toBe(0);
  });

  it('SM-2 until the service is gone: PEER_GONE for the caller, and the generator stops', async () => {
    const { source, items, reason, leave } = await startCounting(host);
    leave();
    expect((await drain(items)).error).toMatchObject({ code: 'PEER_GONE' });
    await source.stopped.given;
    expect((await reason).code).toBe('LINK_DOWN');
  });
});

describe.each(HOSTINGS)('SV-2 a service %s takes items', (_kind, host) => {
  it('CV-3 after the arguments, and answers when it likes', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('sum', async (start: number, items: AsyncIterable<number>) => {
      let sum = start;
      for await (const item of items) sum += item;
      return sum;
    });
    provider.provideService('kinds', async (items: AsyncIterable<unknown>) => (await drain(items)).items);
    expect(await caller.callService(name, 'sum', 10, numbers(5_000).items())).toBe(10 + (4_999 * 5_000) / 2);
    expect(await caller.callService(name, 'sum', 10, numbers(0).items())).toBe(10);
    expect(await caller.callService(name, 'sum', 10, ReadableStream.from([1, 2]))).toBe(13);
    expect(await caller.callService(name, 'kinds', Readable.from([[], 'x', { a: 1 }]))).toEqual([[], 'x', { a: 1 }]);
    const large = 'ä'.repeat(200_000);
    async function* kinds() {
      yield* [undefined, null, large];
    }
    expect(await caller.callService(name, 'kinds', kinds())).toEqual([null, null, large]);
    expect(await activeCalls(caller, name, 'sum')).toBe(0);
  });

  it.each<readonly [string, unknown, unknown]>([
    ['nothing', undefined, undefined],
    ['null', null, null],
    ['a list', [1, 2], [1, 2]],
  ])('CV-3 and answers with %s', async (_what, value, expected) => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('returns', async () => value);
    const results = value === undefined ? [] : [value];
    provider.provideService('acks', (_items, ack) => void setImmediate(ack, ...results));
    provider.provideService('acks at once', (_items, ack) => ack(...results));
    for (const api of ['returns', 'acks', 'acks at once']) {
      expect(await caller.callService(name, api, numbers(3).items())).toEqual(expected);
    }
  });

  it('CV-3 no faster than it reads them', async () => {
    const { provider, name, caller } = await startService(host);
    const proceed = signal();
    provider.provideService('slow', async (items: AsyncIterable<string>) => {
      const iterator = items[Symbol.asyncIterator]();
      await iterator.next();
      await proceed.given;
      let count = 1;
      while (!(await iterator.next()).done) count++;
      return count;
    });
    const source = numbers(100);
    async function* large() {
      for await (const n of source.items()) yield `${n}${'x'.repeat(10_000)}`;
    }
    const answer = caller.callService(name, 'slow', large());
    for (let round = 0; round < 5; round++) await settled(caller);
    expect(source.taken).toBeLessThanOrEqual(15);
    proceed.give();
    expect(await answer).toBe(100);
  });

  it('CV-3 and may answer before it has read them: the source is stopped', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('first', async (items: AsyncIterable<number>) => firstOf(items));
    provider.provideService('ignores', (word: string) => word);
    const [first, ignored] = [numbers(), numbers()];
    expect(await caller.callService(name, 'first', first.items())).toBe(0);
    await first.stopped.given;
    expect(await caller.callService(name, 'ignores', 'word', ignored.items())).toBe('word');
    await ignored.stopped.given;
    expect(await activeCalls(caller, name, 'first')).toBe(0);
  });

  it('CV-3 and who has left them gets no more', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('twice', async (items: AsyncIterable<number>) => [
      await firstOf(items),
      (await firstOf(items)) ?? 'no more',
    ]);
    expect(await caller.callService(name, 'twice', numbers().items())).toEqual([0, 'no more']);
  });

  it('CV-3 from a source that fails: so does the iteration of the handler, and the call', async () => {
    const { provider, name, caller } = await startService(host);
    const seen: P2PError[] = [];
    provider.provideService('sum', async (items: AsyncIterable<number>) => {
      const { error } = await drain(items);
      if (error) seen.push(error);
      throw error;
    });
    async function* failing(error: unknown) {
      yield 1;
      throw error;
    }
    const cause = new Error('broken');
    const any = caller.callService(name, 'sum', failing(cause));
    await expect(any).rejects.toMatchObject({ code: 'STREAM_RESET', message: 'broken', cause });
    const own = new P2PError('QUEUE_FULL', 'full');
    await expect(caller.callService(name, 'sum', failing(own))).rejects.toBe(own);
    expect(await codeOf(caller.callService(name, 'sum', failing(1n)))).toBe('STREAM_RESET');
    await settled(caller);
    expect(await activeCalls(caller, name, 'sum')).toBe(0);
    expect(seen.slice(0, 2)).toMatchObject([{ code: 'STREAM_RESET', message: 'broken' }, { code: 'QUEUE_FULL' }]);
  });

  it('CV-3 that cannot be sent, or from what gives none: the call fails with the reason', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('sum', async (items: AsyncIterable<number>) => (await drain(items)).items.length);
    async function* bad(item: unknown) {
      yield item;
    }
    expect(await codeOf(caller.callService(name, 'sum', bad(1n)))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(caller.callService(name, 'sum', bad('x'.repeat(1_100_000))))).toBe('PAYLOAD_TOO_LARGE');
    const locked = ReadableStream.from([1]);
    locked.getReader();
    const error = await caller.callService(name, 'sum', locked).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'P2PError', code: 'STREAM_RESET' });
    await settled(caller);
    expect(await activeCalls(caller, name, 'sum')).toBe(0);
  });

  it('CV-3 but fails: so does the call, and the source is stopped, or never asked', async () => {
    const { provider, name, caller, failures } = await startService(host);
    provider.provideService('later', async (items: AsyncIterable<number>) => {
      await firstOf(items);
      throw new Error('1234');
    });
    provider.provideService('at once', () => {
      throw new P2PError('QUEUE_FULL', 'full');
    });
    const [later, atOnce, absent] = [numbers(), numbers(), numbers()];
    const error = await caller.callService(name, 'later', later.items()).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'HANDLER_FAILED' });
    expect(error.message).not.toContain('1234');
    await later.stopped.given;
    expect(await codeOf(caller.callService(name, 'at once', atOnce.items()))).toBe('QUEUE_FULL');
    expect(await codeOf(caller.callService(name, 'absent', absent.items()))).toBe('API_NOT_FOUND');
    expect([atOnce.taken, absent.taken]).toEqual([0, 0]);
    expect(failures).toMatchObject([{ code: 'HANDLER_FAILED' }]);
    const { apis } = await caller.describeService(name);
    expect(apis).toMatchObject([
      { active: 0, errors: 1 },
      { active: 0, errors: 1 },
    ]);
  });

  it('CV-3 and yields others at the same time', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('double', async function* (factor: number, items: AsyncIterable<number>) {
      for await (const item of items) yield item * factor;
    });
    const finite = await drain(await caller.callService<Items<number>>(name, 'double', 3, numbers(1_000).items()));
    expect(finite.items).toEqual(Array.from({ length: 1_000 }, (_, n) => n * 3));
    const endless = numbers();
    expect(await firstOf(await caller.callService<Items<number>>(name, 'double', 3, endless.items()))).toBe(0);
    await endless.stopped.given;
    const left = numbers();
    provider.provideService('early', async function* (items: AsyncIterable<number>) {
      yield await firstOf(items);
    });
    expect((await drain(await caller.callService<Items<number>>(name, 'early', left.items()))).items).toEqual([0]);
    await left.stopped.given;
    await settled(caller);
    expect(await activeCalls(caller, name, 'double')).toBe(0);
  });

  it('CV-3 and who fails after its answer has answered', async () => {
    const { provider, name, caller, failures } = await startService(host);
    provider.provideService('api', async (_items: unknown, ack: (value: string) => void) => {
      await null;
      ack('answered');
      throw new Error('afterwards');
    });
    expect(await caller.callService(name, 'api', numbers().items())).toBe('answered');
    await settled(caller);
    expect(failures).toMatchObject([{ code: 'HANDLER_FAILED', cause: { message: 'afterwards' } }]);
    expect(await activeCalls(caller, name, 'api')).toBe(0);
  });

  it('CV-3 but no promise of others: that is told instead of nonsense', async () => {
    const { provider, name, caller, failures } = await startService(host);
    provider.provideService('promise', async (_items: unknown) => numbers(3).items());
    expect(await codeOf(caller.callService(name, 'promise', numbers(3).items()))).toBe('HANDLER_FAILED');
    expect(failures).toMatchObject([{ code: 'HANDLER_FAILED', cause: { message: /yields at once/ } }]);
  });

  it('R-3 within the deadline, which is for all of it: then both sides stop', async () => {
    const { provider, name, caller } = await startService(host);
    const seen = signal<P2PError | undefined>();
    const reason = signal<P2PError>();
    provider.provideService('slow', async function (items: AsyncIterable<number>) {
      void abortionOf(this).then((given) => reason.give(given));
      seen.give((await drain(items)).error);
      return new Promise(() => {});
    });
    const source = numbers();
    const late = caller.with({ timeout: 50 }).callService(name, 'slow', source.items());
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT', details: { timeout: 50 } });
    // ABORTED where a slow machine has not come as far as the items.
    expect((await seen.given)?.code).toMatch(/^(TIMEOUT|ABORTED)$/);
    expect((await reason.given).code).toMatch(/^(TIMEOUT|ABORTED)$/);
    if (source.taken > 0) await source.stopped.given;
    expect(await activeCalls(caller, name, 'slow')).toBe(0);
  });

  it('R-3 until the caller aborts, also when its source has nothing to give', async () => {
    const { provider, name, caller } = await startService(host);
    const mute = muteApi();
    provider.provideService('mute', mute.handler);
    const asked = signal();
    const stopped = signal();
    const silent: AsyncIterableIterator<number> = {
      next: () => {
        asked.give();
        return new Promise(() => {});
      },
      return: async () => {
        stopped.give();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => silent,
    };
    const abort = new AbortController();
    const answer = codeOf(caller.with({ signal: abort.signal }).callService(name, 'mute', silent));
    await asked.given;
    abort.abort();
    expect(await answer).toBe('ABORTED');
    await stopped.given;
    expect((await mute.reasons[0])?.code).toBe('ABORTED');
    expect(await activeCalls(caller, name, 'mute')).toBe(0);
  });

  it('CV-1 until one side is gone: PEER_GONE for the other', async () => {
    const { provider, name, caller, connect, leave } = await startService(host);
    const mute = muteApi();
    provider.provideService('mute', mute.handler);
    const other = await connect('other');
    const [mine, theirs] = [numbers(), numbers()];
    const first = mute.called();
    const lost = codeOf(other.callService(name, 'mute', theirs.items()));
    await first;
    const second = mute.called();
    const left = codeOf(caller.callService(name, 'mute', mine.items()));
    await second;
    await expect.poll(() => Math.min(mine.taken, theirs.taken)).toBeGreaterThan(0);
    other.disconnect();
    expect([await lost, (await mute.reasons[0])?.code]).toEqual(['LINK_DOWN', 'PEER_GONE']);
    await theirs.stopped.given;
    leave();
    expect([await left, (await mute.reasons[1])?.code]).toEqual(['PEER_GONE', 'LINK_DOWN']);
    await mine.stopped.given;
  });
});
