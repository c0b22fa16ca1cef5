import { describe, expect, it } from 'vitest';
import type { ApiHandler } from '../../src/peer/offered-api.js';
import { P2PError } from '../../src/protocol/p2p-error.js';
import type { ServiceCall } from '../../src/protocol/typed-services.js';
import { codeOf, next, settled, startRelay, thrownBy } from '../support/relay.js';
import { abortionOf, activeCalls, HOSTINGS, muteApi, signal, startService } from '../support/service-hosts.js';

/** A promise as other libraries write them: it settles later, and gives no promise back. */
function foreign(settle: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void): object {
  return {
    // biome-ignore lint/suspicious/noThenProperty: it is what is tested
    then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
      setImmediate(() => settle(resolve, reject));
    },
  };
}

const ANSWERS: readonly (readonly [string, ApiHandler, unknown])[] = [
  ['a value', () => 5, 5],
  ['an object', () => ({ deep: [1, { two: null }] }), { deep: [1, { two: null }] }],
  ['nothing', () => {}, undefined],
  ['undefined', () => undefined, undefined],
  ['null', () => null, null],
  ['false', () => false, false],
  ['an empty text', () => '', ''],
  ['a promise', async () => 'later', 'later'],
  ['a promise of nothing', async () => {}, undefined],
  ['a promise of null', async () => null, null],
  ['a promise of another library', () => foreign((resolve) => resolve('foreign')), 'foreign'],
  ['a promise that settles twice', () => foreign((resolve) => [resolve(1), resolve(2)]), 1],
  ['the ack', (ack) => ack('acknowledged'), 'acknowledged'],
  ['the ack, later', (ack) => void setImmediate(ack, 'later'), 'later'],
  ['the ack within a promise', async (ack) => ack('within'), 'within'],
  ['the ack with nothing', (ack) => ack(), undefined],
];

describe.each(HOSTINGS)('SV-2 a service %s', (_kind, host) => {
  it.each(ANSWERS)('CV-2 CV-3 answers a call by %s', async (_how, handler, expected) => {
    const { provider, name, caller, failures } = await startService(host);
    provider.provideService('api', handler);
    expect(await caller.callService(name, 'api')).toEqual(expected);
    expect([failures, caller.errors]).toEqual([[], []]);
    expect(await activeCalls(caller, name, 'api')).toBe(0);
  });

  it('CV-2 CV-3 arguments and answers may be bytes, alone and within others', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('echo', (value) => value);
    const bytes = Uint8Array.of(1, 2, 3);
    expect(Uint8Array.from(await caller.callService(name, 'echo', bytes))).toEqual(bytes);
    const { inside } = await caller.callService<{ inside: [string, Uint8Array] }>(name, 'echo', {
      inside: ['x', bytes],
    });
    expect([inside[0], Uint8Array.from(inside[1])]).toEqual(['x', bytes]);
  });

  it('CV-2 the ack comes after as many arguments as the caller gave', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('join', (a: string, b: string, ack: (text: string) => void) => ack(`${a}${b}`));
    provider.provideService('count', (...args: unknown[]) => args.filter((arg) => typeof arg !== 'function').length);
    expect(await caller.callService(name, 'join', 'x', 'y')).toBe('xy');
    expect(await caller.callService(name, 'count', undefined, null, 3)).toBe(3);
    expect(await codeOf(caller.callService(name, 'join', 'x', 'y', 'z'))).toBe('HANDLER_FAILED');
  });

  it('CV-2 the handler learns who calls what, and how long that one waits', async () => {
    const { provider, name, caller } = await startService(host);
    const seen: ServiceCall[] = [];
    provider.provideService('who', function () {
      seen.push(this);
    });
    await caller.with({ timeout: 5_000 }).callService(name, 'who');
    await caller.callService(name, 'who');
    expect(seen).toMatchObject([
      { caller: 'caller', service: name, api: 'who' },
      { caller: 'caller', service: name, api: 'who' },
    ]);
    const [short, standard] = seen.map(({ timeout }) => timeout) as [number, number];
    expect([short > 0, short <= 5_000, standard > 5_000, standard <= 10_000]).toEqual([true, true, true, true]);
    // Answered: there is nothing left to abort.
    expect(seen.map((call) => call.signal.aborted)).toEqual([false, false]);
  });

  it('CV-3 emitService: the ack gets the results, all of them and nothing else', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('two', (a: number, ack: (...results: unknown[]) => void) => ack(a, a + 1));
    provider.provideService('none', () => {});
    const results = signal<unknown[]>();
    caller.emitService(name, 'two', 1, (...given: unknown[]) => results.give(given));
    expect(await results.given).toEqual([1, 2]);
    const nothing = signal<unknown[]>();
    caller.emitService(name, 'none', (...given: unknown[]) => nothing.give(given));
    expect(await nothing.given).toEqual([]);
    // The promise form has the first of them.
    expect(await caller.callService(name, 'two', 1)).toBe(1);
    expect(caller.errors).toEqual([]);
  });

  it('R-3 emitService: a failure is told to SERVER_ERROR listeners, with an ack and without', async () => {
    const { provider, name, caller } = await startService(host);
    const acked: unknown[] = [];
    provider.provideService('fail', () => {
      throw new P2PError('ABORTED', 'not today', { details: { day: 1 } });
    });
    for (const rest of [[], [(...given: unknown[]) => acked.push(given)]]) {
      const told = next<[P2PError]>(caller, 'SERVER_ERROR');
      caller.emitService(name, 'fail', ...rest);
      expect(await told).toMatchObject([
        { name: 'P2PError', code: 'ABORTED', message: 'not today', details: { day: 1 } },
      ]);
    }
    const told = next<[P2PError]>(caller, 'SERVER_ERROR');
    caller.emitService(name, 'absent');
    expect((await told)[0].code).toBe('API_NOT_FOUND');
    expect(acked).toEqual([]);
  });

  it('R-3 emitService through with(…): the ack takes the error first', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('two', (ack: (...results: unknown[]) => void) => ack(1, 2));
    const view = caller.with({ timeout: 5_000 });
    const good = signal<unknown[]>();
    view.emitService(name, 'two', (...given: unknown[]) => good.give(given));
    expect(await good.given).toEqual([null, 1, 2]);
    const bad = signal<unknown[]>();
    view.emitService(name, 'absent', (...given: unknown[]) => bad.give(given));
    expect(await bad.given).toMatchObject([{ name: 'P2PError', code: 'API_NOT_FOUND' }]);
    expect(caller.errors).toEqual([]);
  });

  it('R-3 emitService: an ack that throws or rejects is a failure of the caller, and calls nothing twice', async () => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('api', () => 1);
    let calls = 0;
    const acks = [
      () => {
        calls++;
        throw new Error('thrown');
      },
      async () => {
        calls++;
        throw new Error('rejected');
      },
    ];
    for (const ack of acks) {
      const told = next<[P2PError]>(caller, 'SERVER_ERROR');
      caller.emitService(name, 'api', ack);
      expect((await told)[0]).toMatchObject({ code: 'HANDLER_FAILED', cause: { message: /thrown|rejected/ } });
    }
    expect(calls).toBe(2);
  });

  it('CV-1 a service may call itself, and the server calls services as any client does', async () => {
    const { provider, name, relay, caller } = await startService(host);
    provider.provideService('who', function () {
      return this.caller;
    });
    provider.provideService('count', async function* () {
      yield* [1, 2];
    });
    expect(await relay.server.callService(name, 'who')).toBe('p2p:server');
    const own: unknown[] = [];
    for await (const item of await relay.server.callService(name, 'count')) own.push(item);
    expect(own).toEqual([1, 2]);
    const itself = 'callService' in provider ? (provider as unknown as typeof caller) : undefined;
    if (itself) {
      expect(await itself.callService(name, 'who')).toBe(name);
      const items: unknown[] = [];
      for await (const item of await itself.callService(name, 'count')) items.push(item);
      expect(items).toEqual([1, 2]);
      expect(await activeCalls(caller, name, 'count')).toBe(0);
    }
    expect(await codeOf(caller.callService('p2p:server', 'who'))).toBe('API_NOT_FOUND');
    expect(await codeOf(caller.describeService('p2p:server'))).toBe('API_NOT_FOUND');
  });

  it('CV-2 CV-3 a service sends one client an event, which hears it by onService', async () => {
    const { provider, name, caller, connect } = await startService(host);
    const other = await connect('other');
    const heard: unknown[] = [];
    other.onService(name, 'news', (...args) => heard.push(args));
    caller.onService(name, 'news', (text: string, ack?: (answer: string) => void) => {
      heard.push(text);
      ack?.(`${text}!`);
    });
    const answer = signal<string>();
    provider.emitClient('caller', 'news', 'hello', (text: string) => answer.give(text));
    expect(await answer.given).toBe('hello!');
    expect(heard).toEqual(['hello']);
  });
});

describe.each(HOSTINGS)('SV-2 a service %s refuses', (_kind, host) => {
  it('CV-3 calls of what is not there', async () => {
    const { relay, provider, name, caller, connect } = await startService(host);
    await connect('idle');
    await relay.connectPlain('plain');
    provider.provideService('api', () => 1);
    await expect(caller.callService('nobody', 'api')).rejects.toMatchObject({
      code: 'CLIENT_NOT_FOUND',
      details: { clientId: 'nobody' },
    });
    await expect(caller.callService(name, 'absent')).rejects.toMatchObject({
      code: 'API_NOT_FOUND',
      details: { service: name, api: 'absent' },
    });
    for (const api of ['__proto__', 'constructor', 'toString', 'p2p:other']) {
      expect(await codeOf(caller.callService(name, api))).toBe('API_NOT_FOUND');
    }
    for (const client of ['idle', 'plain', 'caller']) {
      expect(await codeOf(caller.callService(client, 'api'))).toBe('API_NOT_FOUND');
      expect(await codeOf(caller.describeService(client))).toBe('API_NOT_FOUND');
    }
  });

  it('R-2 wrong names and handlers, at once', async () => {
    const { provider, name, caller } = await startService(host);
    const untyped = provider as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const api of [undefined, null, 5, {}, '', 'x'.repeat(257), 'p2p:mine']) {
      expect(thrownBy(() => untyped.provideService?.(api, () => 1))).toBe('INVALID_ARGUMENT');
    }
    for (const handler of [undefined, null, 5, {}, 'handler']) {
      expect(thrownBy(() => untyped.provideService?.('api', handler))).toBe('INVALID_ARGUMENT');
    }
    provider.provideService('x'.repeat(256), () => 'long');
    expect(await caller.callService(name, 'x'.repeat(256))).toBe('long');
    const calls = caller as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    for (const bad of [undefined, null, 5, {}, '']) {
      expect(await codeOf(calls.callService?.(bad, 'api') as Promise<unknown>)).toBe('INVALID_ARGUMENT');
      expect(await codeOf(calls.callService?.(name, bad) as Promise<unknown>)).toBe('INVALID_ARGUMENT');
      expect(thrownBy(() => calls.emitService?.(bad, 'api'))).toBe('INVALID_ARGUMENT');
      expect(thrownBy(() => calls.emitService?.(name, bad))).toBe('INVALID_ARGUMENT');
    }
  });

  it('R-2 R-3 arguments that cannot be sent, where the call is made', async () => {
    const { provider, name, caller } = await startService(host);
    let calls = 0;
    provider.provideService('api', () => void calls++);
    const circle: unknown[] = [];
    circle.push(circle);
    for (const bad of [1n, circle, new Blob(['x'])]) {
      expect(await codeOf(caller.callService(name, 'api', bad))).toBe('INVALID_ARGUMENT');
      expect(thrownBy(() => caller.emitService(name, 'api', bad))).toBe('INVALID_ARGUMENT');
    }
    const first = () => {};
    expect(await codeOf(caller.callService(name, 'api', first, 1))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(caller.callService(name, 'api', 1, first))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => caller.emitService(name, 'api', first, 1))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => caller.emitService(name, 'api', first, first))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(caller.callService(name, 'api', 'x'.repeat(2_000_000)))).toBe('PAYLOAD_TOO_LARGE');
    expect([calls, caller.errors]).toEqual([0, []]);
  });

  it('R-2 an API that is there already, until it is taken back', async () => {
    const { provider, name, caller } = await startService(host);
    const first = () => 'first';
    const stop = provider.provideService('api', first);
    expect(thrownBy(() => provider.provideService('api', () => 'second'))).toBe('API_EXISTS');
    provider.destroyService('api', () => 'first');
    expect(await caller.callService(name, 'api')).toBe('first');
    provider.destroyService('api', first);
    expect(await codeOf(caller.callService(name, 'api'))).toBe('API_NOT_FOUND');
    provider.provideService('api', () => 'third');
    // The first provision is over: what was given for it takes nothing back any more.
    stop();
    expect(await caller.callService(name, 'api')).toBe('third');
  });

  it('SV-4 what was taken back, by its name, by what provideService gave, or with all the others', async () => {
    const { provider, name, caller } = await startService(host);
    const stop = provider.provideService('a', () => 'a');
    for (const api of ['b', 'c', 'd']) provider.provideService(api, () => api);
    const topic = provider.createTopic('topic');
    const codes = () => Promise.all(['a', 'b', 'c', 'd'].map((api) => codeOf(caller.callService(name, api))));
    const there = 'no error';
    stop();
    stop();
    provider.destroyService('b');
    provider.destroyService('never there');
    expect(await codes()).toEqual(['API_NOT_FOUND', 'API_NOT_FOUND', there, there]);
    provider.destroyService();
    expect(await codes()).toEqual(Array(4).fill('API_NOT_FOUND'));
    expect((await caller.describeService(name)).topics).toHaveLength(1);
    provider.provideService('a', () => 'a');
    provider.destroyAllServices();
    expect(await codes()).toEqual(Array(4).fill('API_NOT_FOUND'));
    expect((await caller.describeService(name)).topics).toEqual([]);
    topic();
  });

  it('SV-4 no call that is under way when its API is taken back', async () => {
    const { provider, name, caller } = await startService(host);
    const called = signal();
    const proceed = signal();
    provider.provideService('slow', async () => {
      called.give();
      await proceed.given;
      return 'done';
    });
    const answer = caller.callService(name, 'slow');
    await called.given;
    provider.destroyService();
    expect(await codeOf(caller.callService(name, 'slow'))).toBe('API_NOT_FOUND');
    proceed.give();
    expect(await answer).toBe('done');
  });
});

describe('R-2 NOT_A_SERVICE', () => {
  it('CV-2 a client without isService offers nothing', async () => {
    const { connect, server } = await startRelay();
    const client = await connect('client');
    const calls = [
      () => client.provideService('api', () => 1),
      () => client.destroyService('api'),
      () => client.destroyService(),
      () => client.destroyAllServices(),
      () => client.createTopic('topic'),
      () => client.destroyTopic('topic'),
      () => client.emitClient('client', 'event'),
    ];
    expect(calls.map(thrownBy)).toEqual(calls.map(() => 'NOT_A_SERVICE'));
    expect(thrownBy(() => server.asService('any'))).toBe('NOT_A_SERVICE');
    expect(await client.getServiceList()).toEqual([]);
  });
});

describe.each(HOSTINGS)('SV-2 a service %s fails', (_kind, host) => {
  const secret = 'the password is 1234';
  const failing: readonly (readonly [string, ApiHandler])[] = [
    [
      'throws',
      () => {
        throw new Error(secret);
      },
    ],
    ['rejects', () => Promise.reject(new Error(secret))],
    ['rejects with no error', () => Promise.reject(secret)],
    ['rejects with nothing', () => Promise.reject(undefined)],
    ['rejects as promises of other libraries do', () => foreign((_resolve, reject) => reject(new Error(secret)))],
    [
      'has a then that throws',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: it is what is tested
        then() {
          throw new Error(secret);
        },
      }),
    ],
  ];

  it.each(failing)('CV-3 a handler that %s: HANDLER_FAILED, and what it said stays there', async (_how, handler) => {
    const { provider, name, caller, failures } = await startService(host);
    provider.provideService('api', handler);
    const error: P2PError = await caller.callService(name, 'api').catch((reason) => reason);
    expect(error).toMatchObject({ name: 'P2PError', code: 'HANDLER_FAILED', details: { api: 'api' } });
    expect(JSON.stringify([error.message, error.details, error.cause])).not.toContain(secret);
    expect(failures).toMatchObject([{ code: 'HANDLER_FAILED' }]);
    expect(await caller.describeService(name)).toMatchObject({ apis: [{ calls: 1, active: 0, errors: 1 }] });
  });

  it('CV-3 a P2PError of the handler is what the caller gets, without its cause', async () => {
    const { provider, name, caller, failures } = await startService(host);
    const error = new P2PError('QUEUE_FULL', 'come again', { details: { in: 5 }, cause: new Error(secret) });
    provider.provideService('throws', () => {
      throw error;
    });
    provider.provideService('rejects', async () => {
      throw error;
    });
    for (const api of ['throws', 'rejects']) {
      const told: P2PError = await caller.callService(name, api).catch((reason) => reason);
      expect(told).toBeInstanceOf(P2PError);
      expect(told).toMatchObject({ code: 'QUEUE_FULL', message: 'come again', details: { in: 5 }, retryable: true });
      expect(told.cause).toBeUndefined();
    }
    expect(failures).toEqual([]);
  });

  it('CV-3 who answers twice is told so, and the first answer counts', async () => {
    const { provider, name, caller, failures } = await startService(host);
    const ways: ApiHandler[] = [
      (ack) => {
        ack(1);
        ack(2);
      },
      (ack) => {
        ack(1);
        return 2;
      },
      async (ack) => {
        ack(1);
        return 2;
      },
    ];
    for (const [index, way] of ways.entries()) {
      provider.provideService(`way-${index}`, way);
      expect(await caller.callService(name, `way-${index}`)).toBe(1);
      await settled(caller);
      expect(failures.splice(0)).toMatchObject([{ code: 'ALREADY_ANSWERED', details: { api: `way-${index}` } }]);
    }
  });

  it('CV-3 a handler that fails after its answer: the answer counts, the failure is told there', async () => {
    const { provider, name, caller, failures } = await startService(host);
    const ways: ApiHandler[] = [
      (ack) => {
        ack(1);
        throw new Error('afterwards');
      },
      async (ack) => {
        ack(1);
        throw new Error('afterwards');
      },
    ];
    for (const [index, way] of ways.entries()) {
      provider.provideService(`way-${index}`, way);
      expect(await caller.callService(name, `way-${index}`)).toBe(1);
      await settled(caller);
      expect(failures.splice(0)).toMatchObject([{ code: 'HANDLER_FAILED', cause: { message: 'afterwards' } }]);
    }
    expect((await caller.describeService(name)).apis).toMatchObject([{ active: 0 }, { active: 0 }]);
  });

  it.each<readonly [string, ApiHandler]>([
    ['a BigInt', () => 1n],
    ['a BigInt by a promise', async () => 1n],
    ['a BigInt by the ack', (ack) => ack(1n)],
    ['a Blob', () => new Blob(['x'])],
    ['more than 255 results', (ack) => ack(...Array(256).fill(1))],
  ])('CV-3 an answer that cannot be sent, %s, is a failure on both sides', async (_what, handler) => {
    const { provider, name, caller, failures } = await startService(host);
    provider.provideService('api', handler);
    expect(await codeOf(caller.callService(name, 'api'))).toBe('INVALID_ARGUMENT');
    expect(failures).toMatchObject([{ code: 'INVALID_ARGUMENT' }]);
    expect((await caller.describeService(name)).apis).toMatchObject([{ active: 0, errors: 1 }]);
  });

  it('R-3 who never answers: TIMEOUT for the caller, and the signal tells the handler', async () => {
    const { provider, name, caller } = await startService(host);
    const mute = muteApi();
    provider.provideService('mute', mute.handler);
    const view = caller.with({ timeout: 20 });
    const first = mute.called();
    await expect(view.callService(name, 'mute')).rejects.toMatchObject({ code: 'TIMEOUT', details: { timeout: 20 } });
    await first;
    expect((await mute.reasons[0])?.code).toMatch(/^(TIMEOUT|ABORTED)$/);
    const second = mute.called();
    const given = signal<unknown[]>();
    view.emitService(name, 'mute', (...args: unknown[]) => given.give(args));
    expect(await given.given).toMatchObject([{ code: 'TIMEOUT' }]);
    await second;
    expect((await mute.reasons[1])?.code).toMatch(/^(TIMEOUT|ABORTED)$/);
    expect(await activeCalls(caller, name, 'mute')).toBe(0);
  });

  it('R-3 a handler that its signal makes fail has not failed by itself', async () => {
    const { provider, name, caller, failures } = await startService(host);
    const ended = signal();
    provider.provideService('wait', async function () {
      await abortionOf(this);
      ended.give();
      throw new Error('aborted');
    });
    expect(await codeOf(caller.with({ timeout: 20 }).callService(name, 'wait'))).toBe('TIMEOUT');
    await ended.given;
    expect(await activeCalls(caller, name, 'wait')).toBe(0);
    expect(failures).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    ['a proxy that cannot be looked at', () => new Proxy({}, { getPrototypeOf: () => expect.unreachable() })],
    [
      'a revoked proxy',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      },
    ],
    ['an error of ours that cannot be written', () => Object.assign(new P2PError('QUEUE_FULL', 'x'), { toJSON: 5 })],
  ])('R-1 whatever a handler throws: %s', async (_what, thrown) => {
    const { provider, name, caller } = await startService(host);
    provider.provideService('sync', () => {
      throw thrown();
    });
    provider.provideService('async', async () => {
      throw thrown();
    });
    provider.createTopic('accept', {
      accept: async () => {
        throw thrown();
      },
    });
    for (const api of ['sync', 'async']) {
      expect(await codeOf(caller.callService(name, api))).toMatch(/^(HANDLER_FAILED|QUEUE_FULL)$/);
    }
    expect(await codeOf(caller.subscribeTopic(name, 'accept').ready)).toMatch(/^(HANDLER_FAILED|QUEUE_FULL)$/);
    expect((await caller.describeService(name)).apis).toMatchObject([
      { active: 0, errors: 1 },
      { active: 0, errors: 1 },
    ]);
  });

  it('R-3 an answer that comes too late is for nobody', async () => {
    const { provider, name, caller, failures } = await startService(host);
    const late = signal<(value: string) => void>();
    provider.provideService('late', (ack) => late.give(ack));
    expect(await codeOf(caller.with({ timeout: 20 }).callService(name, 'late'))).toBe('TIMEOUT');
    const answer = await late.given;
    await settled(caller);
    // The cancellation has been passed on before.
    expect(await activeCalls(caller, name, 'late')).toBe(0);
    answer('too late');
    await settled(caller);
    expect([caller.errors, failures]).toEqual([[], []]);
  });
});

it('CV-3 an answer larger than the server takes is PAYLOAD_TOO_LARGE, on both sides', async () => {
  const [, onClient] = HOSTINGS[0]!;
  const { provider, name, caller, failures } = await startService(onClient);
  provider.provideService('large', () => 'x'.repeat(2_000_000));
  expect(await codeOf(caller.callService(name, 'large'))).toBe('PAYLOAD_TOO_LARGE');
  await expect.poll(() => failures).toMatchObject([{ code: 'PAYLOAD_TOO_LARGE' }]);
  expect(await activeCalls(caller, name, 'large')).toBe(0);
});

it('CV-3 an answer of the server itself may be larger than what it takes', async () => {
  const [, onServer] = HOSTINGS[1]!;
  const { provider, name, caller } = await startService(onServer);
  provider.provideService('large', () => 'x'.repeat(2_000_000));
  expect(await caller.callService<string>(name, 'large')).toHaveLength(2_000_000);
});

describe.each(HOSTINGS)('SV-2 what a service %s says of itself', (_kind, host) => {
  it('CV-3 describeService counts the calls of each API, those under way and those that failed', async () => {
    const { provider, name, caller } = await startService(host);
    const mute = muteApi();
    provider.provideService('good', () => 1);
    provider.provideService('bad', () => Promise.reject(new Error('bad')));
    provider.provideService('mute', mute.handler);
    expect(await caller.describeService(name)).toEqual({
      service: name,
      topics: [],
      apis: ['good', 'bad', 'mute'].map((api) => ({ name: api, calls: 0, active: 0, errors: 0, meanTime: 0 })),
    });
    for (let n = 0; n < 3; n++) await caller.callService(name, 'good');
    for (let n = 0; n < 2; n++) await codeOf(caller.callService(name, 'bad'));
    const abort = new AbortController();
    const called = mute.called();
    const waiting = codeOf(caller.with({ signal: abort.signal }).callService(name, 'mute'));
    await called;
    const { apis } = await caller.describeService(name);
    expect(apis).toMatchObject([
      { name: 'good', calls: 3, active: 0, errors: 0 },
      { name: 'bad', calls: 2, active: 0, errors: 2 },
      { name: 'mute', calls: 1, active: 1, errors: 0, meanTime: 0 },
    ]);
    expect(apis.every(({ meanTime }) => meanTime >= 0)).toBe(true);
    abort.abort();
    expect(await waiting).toBe('ABORTED');
    expect((await caller.describeService(name)).apis[2]).toMatchObject({ calls: 1, active: 0, errors: 1 });
  });

  it('CV-3 getServiceList has the services, and isClientConnected and getClientList know them as clients', async () => {
    const { relay, name, caller, leave } = await startService(host);
    await relay.connectPlain('plain');
    expect(await caller.getServiceList()).toEqual([name]);
    expect(await relay.server.getServiceList()).toEqual([name]);
    expect(await caller.isClientConnected(name)).toBe(true);
    expect((await caller.getClientList()).sort()).toEqual(['caller', 'plain', name].sort());
    const gone = next(caller, 'MULTI_API_TARGET_DISCONNECT');
    await caller.addP2pTarget(name);
    leave();
    expect(await gone).toEqual([name, 'PEER_GONE']);
    expect(await caller.getServiceList()).toEqual([]);
    expect(await caller.isClientConnected(name)).toBe(false);
    expect((await caller.getClientList()).sort()).toEqual(['caller', 'plain']);
  });
});
