import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { declaredError, defineService, rpc, topic } from '../../src/protocol/service-contract.js';
import { codeOf, next, settled, thrownBy } from '../support/relay.js';
import { activeCalls, HOSTINGS, signal, startService } from '../support/service-hosts.js';

const jobs = defineService('service', {
  create: rpc({
    input: z.object({ file: z.string().min(1), width: z.coerce.number().default(320) }),
    output: z.object({ job: z.string(), at: z.string().transform((text) => new Date(text)) }),
    errors: { FULL: z.object({ limit: z.number() }), CLOSED: z.undefined() },
  }),
  list: rpc({ yields: z.object({ job: z.string().transform((job) => job.toUpperCase()) }) }),
  upload: rpc({ input: z.string(), consumes: z.coerce.number().positive(), output: z.number() }),
  scale: rpc({ input: z.number(), consumes: z.number(), yields: z.number().max(100) }),
  anything: rpc(),
  progress: topic(z.number()),
});

const at = '2020-01-01T00:00:00.000Z';

/** How often the handlers were called, and by whom. */
function handlers() {
  const called: unknown[][] = [];
  return {
    called,
    given: {
      create: async (input: { file: string; width: number }, call: { caller: string }) => {
        called.push([input, call.caller]);
        return { job: input.file, at };
      },
      async *list() {
        called.push([]);
        yield* [{ job: 'a' }, { job: 'b' }];
      },
      upload: async (name: string, parts: AsyncIterable<number>) => {
        let sum = name.length;
        for await (const part of parts) sum += part;
        called.push([name, sum]);
        return sum;
      },
      async *scale(factor: number, items: AsyncIterable<number>) {
        for await (const item of items) yield item * factor;
      },
      anything: () => ({ any: 'thing' }),
    },
  };
}

async function* yielding<T>(...items: T[]) {
  yield* items;
}

async function drain<T>(items: AsyncIterable<T>): Promise<{ items: T[]; error: P2PError | undefined }> {
  const taken: T[] = [];
  try {
    for await (const item of items) taken.push(item);
    return { items: taken, error: undefined };
  } catch (error) {
    return { items: taken, error: error as P2PError };
  }
}

describe.each(HOSTINGS)('SV-2 a contract with a service %s', (_kind, host) => {
  async function scene() {
    const service = await startService(host);
    const { called, given } = handlers();
    const stop = service.provider.provideService(jobs, given);
    return { ...service, called, stop };
  }

  it('CV-3 calls with parsed values on both sides: defaults are filled in, transforms arrive', async () => {
    const { caller, called } = await scene();
    const { job, at: when } = await caller.callService(jobs, 'create', { file: 'a' });
    expect([job, when]).toEqual(['a', new Date(at)]);
    expect(called).toEqual([[{ file: 'a', width: 320 }, 'caller']]);
    expect(await caller.callService(jobs, 'anything')).toEqual({ any: 'thing' });
    expect((await drain(await caller.callService(jobs, 'list'))).items).toEqual([{ job: 'A' }, { job: 'B' }]);
    expect(await caller.callService(jobs, 'upload', 'abc', [1, 2])).toBe(6);
    expect(await caller.callService(jobs, 'upload', 'abc', yielding(1, 2))).toBe(6);
    expect((await drain(await caller.callService(jobs, 'scale', 2, [1, 2]))).items).toEqual([2, 4]);
  });

  it('CV-3 emitService takes contracts too', async () => {
    const { caller } = await scene();
    const results = signal<unknown[]>();
    caller.emitService(jobs, 'create', { file: 'a' }, (...given: unknown[]) => results.give(given));
    expect(await results.given).toEqual([{ job: 'a', at: new Date(at) }]);
    const told = next<[P2PError]>(caller, 'SERVER_ERROR');
    caller.emitService(jobs, 'create', { file: '' }, () => expect.unreachable());
    expect((await told)[0]).toMatchObject({ code: 'INPUT_INVALID' });
    expect(thrownBy(() => caller.emitService(jobs, 'absent' as 'create', { file: 'a' }))).toBe('API_NOT_FOUND');
  });

  it.each<readonly [string, readonly unknown[]]>([
    ['nothing', []],
    ['null', [null]],
    ['a text', ['a']],
    ['a wrong field', [{ file: 5 }]],
    ['an empty name', [{ file: '' }]],
    ['bytes', [Buffer.from('a')]],
    ['a prototype', [JSON.parse('{"__proto__": {"file": "a"}}')]],
  ])('CV-3 an input that is not as declared, %s, does not reach the handler', async (_what, args) => {
    const { caller, called, name, failures } = await scene();
    await expect(caller.callService(name, 'create', ...args)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      details: { api: 'create', issues: [{ message: expect.any(String), path: expect.any(Array) }] },
    });
    expect([called, failures]).toEqual([[], []]);
    expect((await caller.describeService(jobs)).apis[0]).toMatchObject({ name: 'create', active: 0, errors: 1 });
  });

  it('CV-3 an untyped caller has no more to say than the contract lets it', async () => {
    const { caller, called, name } = await scene();
    await caller.callService(name, 'create', { file: 'a', other: 1 }, 'more', 'and more');
    expect(called).toEqual([[{ file: 'a', width: 320 }, 'caller']]);
    expect(await caller.callService(name, 'anything', 'x', 'y')).toEqual({ any: 'thing' });
    // Items for an API that takes none, and none for one that does.
    expect(await codeOf(caller.callService(name, 'create', { file: 'a' }, yielding(1)))).toBe('INPUT_INVALID');
    expect(await codeOf(caller.callService(name, 'upload', 'abc', 5))).toBe('INPUT_INVALID');
    expect(await codeOf(caller.callService(name, 'upload', 'abc'))).toBe('INPUT_INVALID');
    expect(called).toHaveLength(1);
    expect(await activeCalls(caller, name, 'upload')).toBe(0);
  });

  it('CV-3 an item that is not as declared ends the call, and the source', async () => {
    const { caller, called, name } = await scene();
    const stopped = signal();
    async function* parts() {
      try {
        yield 1;
        yield -1;
        await new Promise(() => {});
      } finally {
        stopped.give();
      }
    }
    await expect(caller.callService(jobs, 'upload', 'abc', parts())).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      details: { api: 'upload' },
    });
    expect(called).toEqual([]);
    expect(await activeCalls(caller, name, 'upload')).toBe(0);
    const finite = await caller.callService(jobs, 'upload', 'abc', [1, -1, 2]).catch((error) => error.code);
    expect(finite).toBe('INPUT_INVALID');
  });

  it('R-2 items that are no iterable are refused at the call', async () => {
    const { caller } = await scene();
    const untyped = caller.callService as (...args: unknown[]) => Promise<unknown>;
    for (const items of [undefined, null, 5, 'text', {}]) {
      expect(await codeOf(untyped(jobs, 'upload', 'abc', items))).toBe('INVALID_ARGUMENT');
    }
    expect(await codeOf(untyped(jobs, 'absent'))).toBe('API_NOT_FOUND');
    expect(await codeOf(untyped(jobs, 'progress'))).toBe('API_NOT_FOUND');
    expect(await codeOf(untyped(jobs, '__proto__'))).toBe('API_NOT_FOUND');
  });

  it('CV-3 errors are told apart by their declaration', async () => {
    const { provider, caller, failures } = await startService(host);
    const { given } = handlers();
    provider.provideService(jobs, {
      ...given,
      create: ({ file }, call) => {
        if (file === 'undeclared') throw call.error('OTHER' as 'FULL', { limit: 1 });
        if (file === 'wrong') throw call.error('FULL', { limit: 'x' as unknown as number });
        throw file === 'closed' ? call.error('CLOSED') : call.error('FULL', { limit: 5 }, 'Enough');
      },
    });
    const errorOf = (file: string) => caller.callService(jobs, 'create', { file }).catch((error: P2PError) => error);
    const full = await errorOf('full');
    expect(full).toMatchObject({ code: 'SERVICE_ERROR', message: 'Enough' });
    expect(declaredError(jobs, 'create', full)).toEqual({ error: 'FULL', data: { limit: 5 } });
    expect(declaredError(jobs, 'create', await errorOf('closed'))).toEqual({ error: 'CLOSED', data: undefined });
    expect(declaredError(jobs, 'list', full)).toBeUndefined();
    for (const [file, code] of [
      ['undeclared', 'INVALID_ARGUMENT'],
      ['wrong', 'OUTPUT_INVALID'],
    ] as const) {
      const error = await errorOf(file);
      expect(error).toMatchObject({ code });
      expect(declaredError(jobs, 'create', error)).toBeUndefined();
    }
    expect(failures).toEqual([]);
  });

  it('CV-2 the call is the last argument of a handler, and its `this`', async () => {
    const { provider, caller } = await startService(host);
    const contract = defineService('service', { input: rpc({ input: z.number() }), none: rpc() });
    provider.provideService(contract, {
      input: (_input, call) => [call.caller, call.service, call.api, call.timeout <= 10_000, call.signal.aborted],
      none(this: unknown, ...args: readonly unknown[]) {
        return [args.length, args[0] === this];
      },
    });
    expect(await caller.callService(contract, 'input', 1)).toEqual(['caller', 'service', 'input', true, false]);
    expect(await caller.callService(contract, 'none')).toEqual([1, true]);
    expect(await caller.callService('service', 'none', 1, 2, 3)).toEqual([1, true]);
  });

  it('CV-4 options of topics stand beside the handlers', async () => {
    const { provider, caller, name } = await startService(host);
    const { given } = handlers();
    provider.provideService(jobs, { ...given, progress: { retain: 1 } });
    for (const value of [1, 2]) await provider.publishTopic(jobs, 'progress', value);
    const heard = signal<number>();
    caller.subscribeTopic(jobs, 'progress', heard.give);
    expect(await heard.given).toBe(2);
    provider.destroyAllServices();
    provider.createTopic('progress');
    expect(thrownBy(() => provider.provideService(jobs, { ...given, progress: { retain: 1 } }))).toBe('TOPIC_EXISTS');
    expect((await caller.describeService(name)).apis).toEqual([]);
  });

  it('CV-3 a handler that promises items: what goes wrong before them rejects the call', async () => {
    const { provider, caller } = await startService(host);
    const contract = defineService('service', {
      lines: rpc({ input: z.string(), yields: z.string(), errors: { MISSING: z.object({ file: z.string() }) } }),
    });
    provider.provideService(contract, {
      lines: async (file, call) => {
        if (file === 'none') throw call.error('MISSING', { file });
        return yielding('a', 'b');
      },
    });
    expect((await drain(await caller.callService(contract, 'lines', 'some'))).items).toEqual(['a', 'b']);
    const error = await caller.callService(contract, 'lines', 'none').catch((caught) => caught);
    expect(declaredError(contract, 'lines', error)).toEqual({ error: 'MISSING', data: { file: 'none' } });
  });

  it('R-2 handlers that do not fit the contract: nothing of it is provided', async () => {
    const { provider, caller, name } = await startService(host);
    const { given } = handlers();
    const untyped = provider.provideService as (...args: unknown[]) => () => void;
    const { list: _left, ...missing } = given;
    for (const bad of [undefined, null, 5, {}, missing, { ...given, list: 5 }, { ...given, extra: () => 1 }]) {
      expect(thrownBy(() => untyped(jobs, bad))).toBe('INVALID_ARGUMENT');
    }
    for (const progress of [() => 1, null, 'retain', { retain: -1 }]) {
      expect(thrownBy(() => untyped(jobs, { ...given, progress }))).toBe('INVALID_ARGUMENT');
    }
    expect(thrownBy(() => untyped(defineService('other', {}), {}))).toBe('INVALID_ARGUMENT');
    provider.provideService('upload', () => 'mine');
    expect(thrownBy(() => untyped(jobs, given))).toBe('API_EXISTS');
    const { apis, topics } = await caller.describeService(name);
    expect([apis.map((api) => api.name), topics]).toEqual([['upload'], []]);
    expect(await caller.callService(name, 'upload')).toBe('mine');
  });

  it('SV-4 a contract is taken back as a whole, and each of its APIs by its name', async () => {
    const { provider, caller, stop, name } = await scene();
    const offered = async () => {
      const { apis, topics } = await caller.describeService(jobs);
      return [...apis, ...topics].map((entry) => entry.name);
    };
    expect(await offered()).toEqual(['create', 'list', 'upload', 'scale', 'anything', 'progress']);
    provider.destroyService('create');
    expect(await codeOf(caller.callService(jobs, 'create', { file: 'a' }))).toBe('API_NOT_FOUND');
    provider.provideService('create', () => 'another');
    stop();
    expect(await offered()).toEqual(['create']);
    expect(await caller.callService(name, 'create')).toBe('another');
  });
});

describe.each(HOSTINGS)('SV-2 an untyped service %s, called by contract', (_kind, host) => {
  it.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'x'],
    ['a wrong field', { job: 5, at }],
  ])('CV-3 an answer that is not as declared, %s, does not reach the caller', async (_what, answer) => {
    const { provider, caller } = await startService(host);
    provider.provideService('create', () => answer);
    await expect(caller.callService(jobs, 'create', { file: 'a' })).rejects.toMatchObject({
      code: 'OUTPUT_INVALID',
      details: { api: 'create', issues: [{ message: expect.any(String) }] },
    });
  });

  it('CV-3 an item that is not as declared ends the iteration, and stops the generator', async () => {
    const { provider, caller, name } = await startService(host);
    const stopped = signal();
    provider.provideService('list', async function* () {
      try {
        yield { job: 'a' };
        yield { job: 5 };
        await new Promise<void>((resolve) => this.signal.addEventListener('abort', () => resolve()));
      } finally {
        stopped.give();
      }
    });
    const { items, error } = await drain(await caller.callService(jobs, 'list'));
    expect([items, error?.code]).toEqual([[{ job: 'A' }], 'OUTPUT_INVALID']);
    await stopped.given;
    expect(await activeCalls(caller, name, 'list')).toBe(0);
  });

  it('CV-3 the result of a call with items is checked too', async () => {
    const { provider, caller } = await startService(host);
    provider.provideService('upload', async () => 'no number');
    expect(await codeOf(caller.callService(jobs, 'upload', 'abc', [1]))).toBe('OUTPUT_INVALID');
  });

  it('CV-3 one value where items are declared, and items where one value is', async () => {
    const { provider, caller, name } = await startService(host);
    const stopped = signal();
    provider.provideService('list', () => ({ job: 'a' }));
    provider.provideService('scale', async () => 5);
    provider.provideService('create', async function* () {
      try {
        for (;;) yield { job: 'a', at };
      } finally {
        stopped.give();
      }
    });
    expect(await codeOf(caller.callService(jobs, 'list'))).toBe('OUTPUT_INVALID');
    expect(await codeOf(caller.callService(jobs, 'scale', 2, [1]))).toBe('OUTPUT_INVALID');
    expect(await codeOf(caller.callService(jobs, 'create', { file: 'a' }))).toBe('OUTPUT_INVALID');
    await stopped.given;
    await settled(caller);
    expect(await activeCalls(caller, name, 'scale')).toBe(0);
    // What declares neither may bring either.
    provider.provideService('anything', async function* () {
      yield 1;
    });
    const given = (await caller.callService(jobs, 'anything')) as AsyncIterable<number>;
    expect((await drain(given)).items).toEqual([1]);
  });
});

describe.each([
  {
    vendor: 'zod',
    input: z.object({ text: z.string().transform((text) => text.length) }),
    output: z.number().transform((length) => `${length}!`),
  },
  {
    vendor: 'valibot',
    input: v.object({
      text: v.pipe(
        v.string(),
        v.transform((text) => text.length),
      ),
    }),
    output: v.pipe(
      v.number(),
      v.transform((length) => `${length}!`),
    ),
  },
  {
    vendor: 'arktype',
    input: type({ text: type('string').pipe((text) => text.length) }),
    output: type('number').pipe((length) => `${length}!`),
  },
  {
    vendor: 'zod, by promises',
    input: z.object({ text: z.string().transform(async (text) => text.length) }),
    output: z.number().transform(async (length) => `${length}!`),
  },
  {
    vendor: 'valibot, by promises',
    input: v.objectAsync({
      text: v.pipeAsync(
        v.string(),
        v.transformAsync(async (text) => text.length),
      ),
    }),
    output: v.pipeAsync(
      v.number(),
      v.transformAsync(async (length) => `${length}!`),
    ),
  },
])('CV-3 a contract with schemas of $vendor', ({ input, output }) => {
  it.each(HOSTINGS)('CV-3 validates what goes in and what comes out, of a service %s', async (_kind, host) => {
    const { provider, caller, name } = await startService(host);
    const contract = defineService('service', {
      length: rpc({ input, output }),
      lengths: rpc({ consumes: input, yields: output }),
    });
    provider.provideService(contract, {
      length: ({ text }: { text: number }) => text as never,
      async *lengths(items: AsyncIterable<{ text: number }>) {
        for await (const { text } of items) yield text as never;
      },
    });
    expect(await caller.callService(contract, 'length', { text: 'abc' } as never)).toBe('3!');
    expect(await codeOf(caller.callService(contract, 'length', { text: 5 } as never))).toBe('INPUT_INVALID');
    const items = [{ text: 'a' }, { text: 'bc' }, { text: 5 }] as never;
    const drained = await drain(await caller.callService(contract, 'lengths', items));
    expect([drained.items, drained.error?.code]).toEqual([['1!', '2!'], 'INPUT_INVALID']);
    provider.destroyService('length');
    provider.provideService('length', () => 'no number');
    expect(await codeOf(caller.callService(contract, 'length', { text: 'abc' } as never))).toBe('OUTPUT_INVALID');
    expect(await activeCalls(caller, name, 'lengths')).toBe(0);
  });
});
