import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { defineService, rpc, topic } from '../../src/protocol/service-contract.js';
import type { Authenticate } from '../../src/server/authentication.js';
import type { P2PServerOptions } from '../../src/server/server-options.js';
import { codeOf, next, startRelay, type TestClient, type TestRelay, thrownBy } from '../support/relay.js';
import { expectNoUnhandledRejections } from '../support/service-hosts.js';
import { PATIENT } from '../support/topics.js';
import { record } from './support/figures.js';

type Fault = () => never | Promise<never>;

/** The ways in which a callback goes wrong. */
const FAULTS: readonly (readonly [string, Fault])[] = [
  [
    'at once',
    () => {
      throw new TypeError('a fault');
    },
  ],
  ['later', () => Promise.reject(new TypeError('a fault'))],
  [
    'with nothing',
    () => {
      throw undefined;
    },
  ],
];

interface Scene {
  readonly relay: TestRelay;
  readonly alice: TestClient;
  readonly bob: TestClient;
  readonly fault: Fault;
  /** The same, and it can be waited for that it was called. */
  readonly faulty: Fault;
  readonly called: Promise<void>;
}

async function scene(fault: Fault): Promise<Scene> {
  expectNoUnhandledRejections();
  for (const method of ['error', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => {});
  const relay = await startRelay({ plugin: { isService: true } });
  const connect = (clientId: string) => relay.connect(clientId, {}, { isService: true });
  const [alice, bob] = [await connect('alice'), await connect('bob')];
  let tell: () => void = () => {};
  const called = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const faulty = () => {
    tell();
    return fault();
  };
  return { relay, alice, bob, fault, faulty, called };
}

/** Everything goes on for both. */
async function expectFine({ relay, alice, bob }: Pick<Scene, 'relay' | 'alice' | 'bob'>): Promise<void> {
  for (const [client, id] of [
    [alice, 'alice'],
    [bob, 'bob'],
  ] as const) {
    client.offAny('are you fine');
    client.onAny('are you fine', (_from: string, ack: (answer: string) => void) => ack('yes'));
    await client.isClientConnected(id);
  }
  expect(await alice.emitToWithAck('bob', 'are you fine')).toBe('yes');
  expect(await bob.emitToWithAck('alice', 'are you fine')).toBe('yes');
  expect(relay.server.getAllClientId().sort()).toEqual(['alice', 'bob']);
}

/** The opener hears of it as it opens the stream, or on the stream. */
async function failureOf(opening: Promise<Duplex>): Promise<string> {
  const failure = async () => {
    const [error] = await once(await opening, 'error');
    throw error;
  };
  return codeOf(failure());
}

async function firstItem(answer: Promise<unknown>): Promise<unknown> {
  for await (const item of (await answer) as AsyncIterable<unknown>) return item;
  return undefined;
}

const askBob = ({ alice }: Scene) => codeOf(alice.emitToWithAck('bob', 'ask'));

const validator = (validate: () => unknown) =>
  ({ '~standard': { version: 1, vendor: 'test', validate } }) as unknown as Parameters<typeof topic>[0] & object;

/** Callbacks whose failure another one waits to hear of; each gives the code that it hears. */
const ANSWERING: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  onAny: (scene) => {
    scene.bob.onAny('ask', scene.fault);
    return askBob(scene);
  },
  onceAny: (scene) => {
    scene.bob.onceAny('ask', scene.fault);
    return askBob(scene);
  },
  'from().on': (scene) => {
    scene.bob.from('alice').on('ask', scene.fault);
    return askBob(scene);
  },
  'from().once': (scene) => {
    scene.bob.from('alice').once('ask', scene.fault);
    return askBob(scene);
  },
  onService: (scene) => {
    scene.bob.onService('alice', 'ask', scene.fault);
    return askBob(scene);
  },
  'onAny, asked by the server': ({ bob, relay, fault }) => {
    bob.onAny('ask', fault);
    const service = relay.server.asService('clock');
    return new Promise((resolve) =>
      service.with({}).emitClient('bob', 'ask', (error: P2PError | null) => resolve(error?.code)),
    );
  },
  'onAny, asked by a client without the plugin': async ({ bob, relay, fault }) => {
    bob.onAny('ask', fault);
    const plain = await relay.connectPlain('plain');
    const answer = await plain.emitWithAck('P2P_EMIT_ACKNOWLEDGE', { targetClientId: 'bob', event: 'ask' });
    plain.disconnect();
    await expect.poll(() => relay.server.getAllClientId(), PATIENT).toHaveLength(2);
    return answer.error.code;
  },
  'accept of onAddP2pStream': ({ alice, bob, fault }) => {
    bob.onAddP2pStream({ accept: fault }, () => {});
    return codeOf(alice.addP2pStream('bob'));
  },
  'accept of acceptStreams': ({ alice, bob, fault }) => {
    bob.acceptStreams({ accept: fault }, () => {});
    return codeOf(alice.openStream('bob'));
  },
  onAddP2pStream: ({ alice, bob, fault }) => {
    bob.onAddP2pStream(fault);
    return failureOf(alice.addP2pStream('bob'));
  },
  'onAddP2pStream, opened by the server': ({ bob, relay, fault }) => {
    bob.onAddP2pStream(fault);
    return failureOf(relay.server.addStreamAsClient('bob'));
  },
  acceptStreams: ({ alice, bob, fault }) => {
    bob.acceptStreams(fault);
    return codeOf(alice.openStream('bob').then(({ closed }) => closed));
  },
  'handler of an API': ({ alice, bob, fault }) => {
    bob.provideService('api', fault);
    return codeOf(alice.callService('bob', 'api'));
  },
  'handler that has an ack': ({ alice, bob, fault }) => {
    bob.provideService('api', (_value: unknown, _ack: unknown) => fault());
    return codeOf(alice.callService('bob', 'api'));
  },
  'generator of an API': ({ alice, bob, fault }) => {
    bob.provideService('api', async function* () {
      yield await fault();
    });
    return codeOf(firstItem(alice.callService('bob', 'api')));
  },
  'generator that has begun': ({ alice, bob, fault }) => {
    bob.provideService('api', async function* () {
      yield 1;
      yield await fault();
    });
    const last = async () => {
      for await (const _ of (await alice.callService('bob', 'api')) as AsyncIterable<unknown>);
    };
    return codeOf(last());
  },
  'handler of an API of the server': ({ alice, relay, fault }) => {
    relay.server.asService('clock').provideService('api', fault);
    return codeOf(alice.callService('clock', 'api'));
  },
  'validator of an input': ({ alice, bob, fault }) => {
    bob.provideService(defineService('bob', { api: rpc({ input: validator(fault) }) }), { api: () => 1 });
    return codeOf(alice.callService('bob', 'api', 1));
  },
  'accept of a topic': ({ alice, bob, fault }) => {
    bob.createTopic('news', { accept: fault });
    return codeOf(alice.subscribeTopic('bob', 'news', () => {}).ready);
  },
  'accept of a topic of the server': ({ alice, relay, fault }) => {
    relay.server.asService('clock').createTopic('news', { accept: fault });
    return codeOf(alice.subscribeTopic('clock', 'news', () => {}).ready);
  },
};

/** What a caller gives to a call of its own: it hears of it itself, whatever the code. */
const GIVEN: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  'validator of an output': ({ alice, bob, fault }) => {
    bob.provideService('api', () => 1);
    const contract = defineService('bob', { api: rpc({ output: validator(fault) }) });
    return codeOf(alice.callService(contract, 'api'));
  },
  'validator of items': ({ alice, bob, fault }) => {
    bob.provideService('api', () => [1, 2][Symbol.iterator]());
    const contract = defineService('bob', { api: rpc({ yields: validator(fault) }) });
    return codeOf(firstItem(alice.callService(contract, 'api') as Promise<unknown>));
  },
  'items of a call': ({ alice, bob, fault }) => {
    bob.provideService('api', async (items: AsyncIterable<unknown>) => {
      for await (const _ of items);
    });
    const items = async function* () {
      yield await fault();
    };
    return codeOf(alice.callService('bob', 'api', items()));
  },
};

async function subscribed({ alice, bob }: Scene) {
  bob.createTopic('news', { retain: 1 });
  const subscription = alice.subscribeTopic('bob', 'news', () => {});
  await subscription.ready;
  return subscription;
}

/** Callbacks whose failure no other waits for; each ends when it may have been called. */
const TELLING: Readonly<Record<string, (scene: Scene) => Promise<unknown> | void>> = {
  onMessage: ({ alice, bob, faulty }) => {
    bob.onMessage(({ event }) => event === 'tell' && faulty());
    alice.emitTo('bob', 'tell');
  },
  'onAny without an answer': ({ alice, bob, faulty }) => {
    bob.onAny('tell', faulty);
    alice.emitTo('bob', 'tell');
  },
  'onAny in a room': async ({ alice, bob, faulty }) => {
    bob.onAny('tell', faulty);
    await bob.joinRoom('lobby');
    alice.emitRoom('lobby', 'tell');
  },
  'ack of emitTo': ({ alice, bob, faulty }) => {
    bob.onAny('ask', (_from: string, ack: () => void) => ack());
    alice.emitTo('bob', 'ask', faulty);
  },
  'ack of with().emitTo': ({ alice, faulty }) => {
    alice.with({ timeout: 1_000 }).emitTo('nobody', 'ask', faulty);
  },
  'ack of emitClient': ({ alice, bob, faulty }) => {
    bob.onAny('ask', (_from: string, ack: () => void) => ack());
    alice.emitClient('bob', 'ask', faulty);
  },
  'ack of emitService': ({ alice, bob, faulty }) => {
    bob.provideService('api', () => 1);
    alice.emitService('bob', 'api', faulty);
  },
  'ack of the server': ({ relay, bob, faulty }) => {
    (bob as unknown as { on(event: string, listener: (ack: () => void) => void): void }).on('ask', (ack) => ack());
    relay.server.emitTo('bob', 'ask', faulty);
  },
  'ack of the server’s emitService': ({ relay, bob, faulty }) => {
    bob.provideService('api', () => 1);
    relay.server.emitService('bob', 'api', faulty);
  },
  'ack of a service of the server': ({ relay, bob, faulty }) => {
    bob.onAny('ask', (_from: string, ack: () => void) => ack());
    relay.server.asService('clock').emitClient('bob', 'ask', faulty);
  },
  onAddP2pTarget: async ({ alice, bob, faulty }) => {
    bob.onAddP2pTarget(faulty);
    await alice.addP2pTarget('bob');
  },
  MULTI_API_TARGET_DISCONNECT: async ({ relay, alice, faulty }) => {
    const carol = await relay.connect('carol');
    alice.on('MULTI_API_TARGET_DISCONNECT', faulty);
    await alice.addP2pTarget('carol');
    carol.disconnect();
    await expect.poll(() => relay.server.getAllClientId(), PATIENT).toHaveLength(2);
  },
  'SERVER_ERROR of a client': ({ alice, faulty }) => {
    alice.on('SERVER_ERROR', faulty);
    alice.emitTo('nobody', 'tell');
  },
  'SERVER_ERROR of the server': ({ relay, faulty }) => {
    relay.server.on('SERVER_ERROR', faulty);
    relay.server.emitTo('nobody', 'tell');
  },
  'callback of a subscription': async ({ alice, bob, faulty }) => {
    bob.createTopic('news', { retain: 1 });
    await bob.publishTopic('news', 1);
    await alice.subscribeTopic('bob', 'news', faulty).ready;
  },
  'callback of a subscription of the server': async ({ relay, bob, faulty }) => {
    bob.createTopic('news', { retain: 1 });
    await bob.publishTopic('news', 1);
    await relay.server.subscribeTopic('bob', 'news', faulty).ready;
  },
  'validator of a topic': async ({ alice, bob, faulty }) => {
    bob.createTopic('news', { retain: 1 });
    await bob.publishTopic('news', 1);
    await alice.subscribeTopic(defineService('bob', { news: topic(validator(faulty)) }), 'news', () => {}).ready;
  },
  'interrupted of a subscription': async (scene) => {
    (await subscribed(scene)).on('interrupted', scene.faulty);
    scene.alice.io.engine.close();
    await expect.poll(() => codeOf(scene.alice.isClientConnected('alice')), PATIENT).toBe('no error');
  },
  'resumed of a subscription': async (scene) => {
    (await subscribed(scene)).on('resumed', scene.faulty);
    scene.alice.io.engine.close();
  },
  'ended of a subscription': async (scene) => {
    (await subscribed(scene)).on('ended', scene.faulty);
    scene.bob.destroyTopic('news');
  },
};

const cases = (callbacks: Readonly<Record<string, (scene: Scene) => Promise<unknown> | void>>) =>
  Object.entries(callbacks).flatMap(([name, act]) => FAULTS.map(([how, fault]) => [name, how, fault, act] as const));

describe('R-1 callbacks that fail', () => {
  const count = [ANSWERING, GIVEN, TELLING].flatMap((callbacks) => cases(callbacks)).length;
  let survived = 0;

  it.each(cases(ANSWERING))('R-1 %s, %s, are HANDLER_FAILED for the one who waits', async (_name, _how, fault, act) => {
    const all = await scene(fault);
    expect(await act(all)).toBe('HANDLER_FAILED');
    await expectFine(all);
    survived++;
  });

  it.each(cases(GIVEN))('R-1 %s, %s, fail the call they were given to', async (_name, _how, fault, act) => {
    const all = await scene(fault);
    expect(await act(all)).not.toBe('no error');
    await expectFine(all);
    survived++;
  });

  it.each(cases(TELLING))('R-1 %s, %s, end nothing', async (_name, _how, fault, act) => {
    const all = await scene(fault);
    await act(all);
    await all.called;
    await expectFine(all);
    survived++;
  });

  it('R-1 arguments that cannot be read are refused where they are given', async () => {
    const all = await scene(() => {
      throw new TypeError('a fault');
    });
    const getter = {
      get value() {
        return all.fault();
      },
    };
    const proxy = new Proxy({}, { ownKeys: () => [String(all.fault())] });
    for (const unreadable of [getter, proxy, { toJSON: all.fault }]) {
      expect(thrownBy(() => all.alice.emitTo('bob', 'tell', unreadable))).toBe('INVALID_ARGUMENT');
      expect(await codeOf(all.alice.emitToWithAck('bob', 'ask', unreadable))).toBe('INVALID_ARGUMENT');
      expect(thrownBy(() => all.relay.server.asService('clock').emitClient('bob', 'tell', unreadable))).toBe(
        'INVALID_ARGUMENT',
      );
    }
    await expectFine(all);
  });

  it('R-1 are counted for the table', () => {
    const size = `${count / FAULTS.length} callbacks, ${FAULTS.length} ways`;
    const measured = `${survived} of ${count} ended nothing`;
    record({ threat: 'throwing callbacks', size, goal: 'no crash', measured, ok: survived === count });
  });
});

interface Hook {
  readonly options: (fault: Fault) => P2PServerOptions;
  /** Gives the code that the client concerned hears. */
  readonly act: (relay: TestRelay) => Promise<string>;
  readonly code: string;
}

const isCarol = ({ clientId }: { readonly clientId?: string }) => clientId === 'carol';

/** The hooks of the server, faulty for carol alone. */
const HOOKS: Readonly<Record<string, Hook>> = {
  authenticate: {
    options: (fault) => ({ authenticate: ({ auth }) => (isCarol(auth) ? fault() : auth.clientId) }),
    act: async (relay) => {
      const carol = relay.rawSocket({ auth: { clientId: 'carol' }, reconnection: false });
      const [error] = await next<[Error & { data: P2PError }]>(carol, 'connect_error');
      return error.data.code;
    },
    code: 'AUTH_FAILED',
  },
  'authenticate, asked again': {
    options: (fault) => {
      let asked = 0;
      const authenticate: Authenticate = ({ auth }) => (isCarol(auth) && asked++ > 0 ? fault() : auth.clientId);
      return { authenticate, revalidateEvery: 5 };
    },
    act: async (relay) => {
      const carol = relay.rawSocket({ auth: { clientId: 'carol' }, reconnection: false });
      return (await next<[P2PError]>(carol, 'SERVER_ERROR'))[0].code;
    },
    code: 'SESSION_EXPIRED',
  },
  authorize: {
    options: (fault) => ({ authorize: ({ client }) => (isCarol(client) ? fault() : true) }),
    act: askAsCarol,
    code: 'FORBIDDEN',
  },
  'authorize, of who is there': {
    options: (fault) => ({
      authorize: ({ client, action }) => (isCarol(client) && action === 'list-clients' ? fault() : true),
    }),
    act: askAsCarol,
    code: 'FORBIDDEN',
  },
  'authorize, and the logger with it': {
    options: (fault) => ({ logger: { error: fault }, authorize: ({ client }) => (isCarol(client) ? fault() : true) }),
    act: askAsCarol,
    code: 'FORBIDDEN',
  },
  'logger.warn': {
    options: (fault) => ({ logger: { error: () => {}, warn: fault } }),
    act: async () => 'no error',
    code: 'no error',
  },
};

async function askAsCarol(relay: TestRelay): Promise<string> {
  const carol = relay.rawSocket({ auth: { clientId: 'carol' }, reconnection: false });
  const body = { targetClientId: 'nobody', event: 'ask' };
  const { error } = await carol.emitWithAck('P2P_EMIT_ACKNOWLEDGE', body);
  const gone = new Promise((resolve) => relay.server.getSocketByClientId('carol')?.once('disconnect', resolve));
  carol.disconnect();
  await gone;
  return error.code;
}

describe('R-1 hooks of the server that fail', () => {
  const all = Object.entries(HOOKS).flatMap(([name, hook]) =>
    FAULTS.map(([how, fault]) => [name, how, fault, hook] as const),
  );

  it.each(all)('R-1 %s, %s, are a no, and end nothing', async (_name, _how, fault, { options, act, code }) => {
    expectNoUnhandledRejections();
    const relay = await startRelay({ plugin: { isService: true, ...options(fault) } });
    const connect = (clientId: string) => relay.connect(clientId, { auth: { clientId } });
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    expect(await act(relay)).toBe(code);
    await expectFine({ relay, alice, bob });
  });
});

/** What logs is given by the application too. */
const LOGGING: Readonly<Record<string, (relay: TestRelay) => unknown>> = {
  'an error that nobody listens to': ({ server }) => server.emitTo('nobody', 'tell'),
  emitError: ({ server }) => server.emitError('nobody', new Error('a fault')),
  'a listener of SERVER_ERROR that fails': ({ server }) => {
    server.on('SERVER_ERROR', () => {
      throw new Error('a fault');
    });
    server.emitTo('nobody', 'tell');
  },
  'an answer that nobody gives': ({ server }) => server.emitTo('nobody', 'ask', () => {}),
  'a service that fails': async ({ server, connect }) => {
    server.asService('clock').provideService('api', () => {
      throw new Error('a fault');
    });
    const carol = await connect('carol');
    expect(await codeOf(carol.callService('clock', 'api'))).toBe('HANDLER_FAILED');
    carol.disconnect();
  },
};

describe('R-1 a logger that fails', () => {
  const all = Object.entries(LOGGING).flatMap(([name, act]) =>
    FAULTS.map(([how, fault]) => [name, how, fault, act] as const),
  );

  it.each(all)('R-1 over %s, %s, ends nothing', async (_name, _how, fault, act) => {
    expectNoUnhandledRejections();
    vi.spyOn(console, 'error').mockImplementation(() => {});
    let logged = 0;
    const error = () => {
      logged++;
      return fault();
    };
    const relay = await startRelay({ plugin: { isService: true, logger: { error } } });
    await act(relay);
    await expect.poll(() => logged, PATIENT).toBeGreaterThan(0);
    const alice = await relay.connect('alice');
    expect(await alice.isClientConnected('alice')).toBe(true);
  });
});
