import { describe, expect, it, vi } from 'vitest';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { codeOf, next, settled, startRelay, thrownBy } from '../support/relay.js';

async function muteBob() {
  const relay = await startRelay();
  const [alice, bob] = [await relay.connect('alice'), await relay.connect('bob')];
  bob.onAny('mute', () => {});
  bob.onAny('echo', (_from, value, ack) => ack(value));
  return { relay, alice, bob };
}

describe('R-3 deadlines', () => {
  it('R-3 with({timeout}) ends an operation that gets no answer, and nothing is left of it', async () => {
    const { relay, alice } = await muteBob();
    expect(await codeOf(alice.with({ timeout: 20 }).emitToWithAck('bob', 'mute'))).toBe('TIMEOUT');
    await settled(alice);
    expect(relay.server.getSocketByClientId('alice')).toBeDefined();
    expect(await alice.with({ timeout: 5_000 }).emitToWithAck('bob', 'echo', 1)).toBe(1);
  });

  it('R-3 an answer that comes after the deadline is for nobody', async () => {
    const { alice, bob } = await muteBob();
    let late: ((value: string) => void) | undefined;
    bob.onAny('late', (_from, ack) => {
      late = ack;
    });
    expect(await codeOf(alice.with({ timeout: 20 }).emitToWithAck('bob', 'late'))).toBe('TIMEOUT');
    late?.('too late');
    await settled(bob, alice);
    expect(alice.errors).toEqual([]);
    expect(await alice.emitToWithAck('bob', 'echo', 'fresh')).toBe('fresh');
  });

  it('R-3 a signal aborts, before and while it waits; a view of a view keeps both options', async () => {
    const { alice } = await muteBob();
    const abort = new AbortController();
    const view = alice.with({ signal: abort.signal }).with({ timeout: 60_000 });
    const waiting = view.emitToWithAck('bob', 'mute').catch((error) => error);
    abort.abort('changed my mind');
    expect(await waiting).toMatchObject({ code: 'ABORTED', cause: 'changed my mind' });
    for (const operation of [
      view.emitToWithAck('bob', 'echo'),
      view.addP2pTarget('bob'),
      view.joinRoom('lobby'),
      view.leaveRoom('lobby'),
      view.getClientList(),
      view.isClientConnected('bob'),
    ]) {
      expect(await codeOf(operation)).toBe('ABORTED');
    }
  });

  it('R-3 an aborted message is not sent, and says so', async () => {
    const { alice, bob } = await muteBob();
    const heard: unknown[] = [];
    bob.onAny('x', () => heard.push('x'));
    alice.with({ signal: AbortSignal.abort() }).emitTo('bob', 'x');
    await settled(alice, bob);
    expect(heard).toEqual([]);
    expect(alice.errors).toMatchObject([{ code: 'ABORTED' }]);
  });

  it('R-3 when the peer is lost, everything that waits for it settles at once', async () => {
    const { alice, bob } = await muteBob();
    const waiting = [...Array(100)].map(() => codeOf(alice.emitToWithAck('bob', 'mute')));
    waiting.push(new Promise((done) => alice.with({}).emitTo('bob', 'mute', (error: P2PError) => done(error.code))));
    await settled(alice);
    bob.disconnect();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['PEER_GONE']));
  });

  it('R-3 the loss of one peer settles nothing that waits for another', async () => {
    const { relay, alice, bob } = await muteBob();
    const carol = await relay.connect('carol');
    let answer: ((value: number) => void) | undefined;
    const asked = new Promise<void>((resolve) =>
      carol.onAny('slow', (_from, ack) => {
        answer = ack;
        resolve();
      }),
    );
    const slow = alice.emitToWithAck('carol', 'slow');
    const lost = codeOf(alice.emitToWithAck('bob', 'mute'));
    await asked;
    bob.disconnect();
    expect(await lost).toBe('PEER_GONE');
    answer?.(5);
    expect(await slow).toBe(5);
  });
});

describe('R-3 callbacks', () => {
  it('R-3 in a plain call they get success values only; the failure raises SERVER_ERROR with the P2PError', async () => {
    const { alice } = await muteBob();
    const called: unknown[] = [];
    const told = next<[P2PError]>(alice, 'SERVER_ERROR');
    void alice.addP2pTarget('nobody', (...args: unknown[]) => called.push(args));
    expect((await told)[0]).toMatchObject({ name: 'P2PError', code: 'CLIENT_NOT_FOUND' });
    const again = next<[P2PError]>(alice, 'SERVER_ERROR');
    alice.emitTo('nobody', 'x', (...args: unknown[]) => called.push(args));
    expect((await again)[0].code).toBe('CLIENT_NOT_FOUND');
    expect(called).toEqual([]);
    expect(await new Promise((resolve) => alice.getClientList(resolve))).toEqual(['alice', 'bob']);
    expect(await new Promise((resolve) => alice.isClientConnected('bob', resolve))).toBe(true);
    expect(await new Promise((resolve) => alice.emitTo('bob', 'echo', 5, resolve))).toBe(5);
  });

  it('R-3 through with() they take the error first', async () => {
    const { alice } = await muteBob();
    const view = alice.with({ timeout: 2_000 });
    const outcome = (start: (callback: (...args: unknown[]) => void) => void) =>
      new Promise<unknown[]>((resolve) => start((...args) => resolve(args)));
    expect(await outcome((done) => view.emitTo('bob', 'echo', 5, done))).toEqual([null, 5]);
    expect(await outcome((done) => view.emitTo('nobody', 'echo', done))).toMatchObject([{ code: 'CLIENT_NOT_FOUND' }]);
    expect(await outcome((done) => view.joinRoom('lobby', done))).toEqual([null]);
    expect(await outcome((done) => view.addP2pTarget('bob', done))).toEqual([null]);
    expect(await outcome((done) => view.getClientList(done))).toEqual([null, ['alice', 'bob']]);
    expect(alice.errors).toEqual([]);
  });

  it('R-3 a failure that nobody listens for is shown', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { alice } = await muteBob();
    alice.off('SERVER_ERROR');
    alice.emitTo('nobody', 'x');
    await settled(alice);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('CLIENT_NOT_FOUND')]]);
  });
});

describe('R-2 what is wrong is refused at the call', () => {
  it.each([
    ['a missing client id', [undefined, 'x']],
    ['a number as client id', [5, 'x']],
    ['a prototype name as client id', ['__proto__', 'x']],
    ['an empty client id', ['', 'x']],
    ['a missing event', ['bob']],
    ['a number as event', ['bob', 5]],
    ['a symbol as event', ['bob', Symbol('x')]],
    ['an empty event', ['bob', '']],
    ['an event of 257 characters', ['bob', 'x'.repeat(257)]],
    ['a function that is not last', ['bob', 'x', () => {}, 1]],
    ['two functions', ['bob', 'x', () => {}, () => {}]],
    ['a BigInt', ['bob', 'x', 1n]],
    ['256 arguments', ['bob', 'x', ...Array(256).fill(0)]],
    ['a Blob', ['bob', 'x', { file: new Blob(['x']) }]],
    [
      'a circle',
      (() => {
        const circle: Record<string, unknown> = {};
        circle.self = circle;
        return ['bob', 'x', circle];
      })(),
    ],
    [
      'a circle with branches',
      (() => {
        const circle: Record<string, unknown> = {};
        Object.assign(circle, { a: circle, b: circle, c: [circle, circle] });
        return ['bob', 'x', circle];
      })(),
    ],
    [
      'a getter that throws',
      [
        'bob',
        'x',
        Object.defineProperty({}, 'x', {
          enumerable: true,
          get: () => {
            throw new Error('no');
          },
        }),
      ],
    ],
    ['nesting of 100,000', ['bob', 'x', JSON.parse('['.repeat(1e5) + ']'.repeat(1e5))]],
    [
      'an argument that cannot write itself',
      [
        'bob',
        'x',
        {
          toJSON: () => {
            throw new Error('no');
          },
        },
      ],
    ],
  ])('R-2 %s', async (_what, args) => {
    const { alice } = await muteBob();
    const emit = alice.emitTo as (...args: unknown[]) => void;
    expect(thrownBy(() => emit(...args))).toBe('INVALID_ARGUMENT');
    const withAck = alice.emitToWithAck as (...args: unknown[]) => Promise<unknown>;
    expect(await codeOf(withAck(...args))).toBe('INVALID_ARGUMENT');
    await settled(alice);
    expect(alice.errors).toEqual([]);
  });

  it('R-2 takes what is just within the limits', async () => {
    const { alice, bob } = await muteBob();
    const deepest = JSON.parse('['.repeat(64) + ']'.repeat(64));
    bob.onMessage(({ args, ack }) => ack?.(args.length));
    expect(await alice.emitToWithAck('bob', 'x'.repeat(256), ...Array(254).fill(0), deepest)).toBe(255);
    expect(thrownBy(() => alice.emitTo('bob', 'x', [deepest]))).toBe('INVALID_ARGUMENT');
  });

  it.each(['connect', 'connect_error', 'disconnect', 'disconnecting', 'error', 'newListener', 'removeListener'])(
    "R-2 Socket.IO's event %s is reserved",
    async (event) => {
      const { alice } = await muteBob();
      expect(thrownBy(() => alice.emitTo('bob', event))).toBe('EVENT_RESERVED');
      expect(thrownBy(() => alice.onAny(event, () => {}))).toBe('EVENT_RESERVED');
    },
  );

  it.each(['P2P', 'P2P_EMIT', 'P2P_ANYTHING', 'SERVER_ERROR', 'JOIN_ROOM', 'MULTI_API_TARGET_DISCONNECT', 'TOPIC_X'])(
    'R-2 our own event %s is reserved',
    async (event) => {
      const { alice } = await muteBob();
      expect(await codeOf(alice.emitToWithAck('bob', event))).toBe('EVENT_RESERVED');
      expect(thrownBy(() => alice.emitRoom('lobby', event))).toBe('EVENT_RESERVED');
      expect(thrownBy(() => alice.from('bob').on(event, () => {}))).toBe('EVENT_RESERVED');
    },
  );

  it.each([
    { timeout: 0 },
    { timeout: -1 },
    { timeout: 1.5 },
    { timeout: '5' },
    { timeout: 2 ** 31 },
    { timeout: Number.NaN },
    { signal: {} },
    null,
    5,
  ])('R-2 %j are no call options', async (options) => {
    const { alice } = await muteBob();
    expect(thrownBy(() => alice.with(options as never))).toBe('INVALID_ARGUMENT');
  });

  it('R-2 listeners and callbacks that are no functions', async () => {
    const { alice } = await muteBob();
    const client = alice as unknown as Record<string, (...args: unknown[]) => unknown>;
    expect(thrownBy(() => client.onAny?.('x'))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => client.onceAny?.('x', 5))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => alice.from('bob').on('x', undefined as never))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => alice.from(5 as never))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => client.onAddP2pTarget?.())).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => client.onMessage?.('x'))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => client.joinRoom?.('x', 5))).toBe('INVALID_ARGUMENT');
  });

  it('R-2 an ack that cannot be sent is refused where it is called, and the caller is told', async () => {
    const { alice, bob } = await muteBob();
    bob.onAny('x', (_from, ack) => ack(1n));
    expect(await codeOf(alice.emitToWithAck('bob', 'x'))).toBe('INVALID_ARGUMENT');
    expect(bob.errors).toMatchObject([{ code: 'INVALID_ARGUMENT' }]);
  });

  it('R-2 what is larger than the server takes is refused, instead of losing the connection', async () => {
    const relay = await startRelay({ socketIo: { maxHttpBufferSize: 100_000 } });
    const [alice, bob] = [await relay.connect('alice'), await relay.connect('bob')];
    bob.onAny('size', (_from, value, ack) => ack(value.length));
    bob.onAny('make', (_from, size, ack) => ack('x'.repeat(size)));
    const room = 100_000 - 4_096;
    expect(await alice.emitToWithAck('bob', 'size', Buffer.alloc(room))).toBe(room);
    expect(await alice.emitToWithAck('bob', 'size', 'x'.repeat(room - 10))).toBe(room - 10);
    for (const value of [Buffer.alloc(room + 1), 'x'.repeat(room), '"'.repeat(room / 2), 'ä'.repeat(room / 2)]) {
      expect(await codeOf(alice.emitToWithAck('bob', 'size', value))).toBe('PAYLOAD_TOO_LARGE');
      expect(thrownBy(() => alice.emitTo('bob', 'size', value))).toBe('PAYLOAD_TOO_LARGE');
    }
    expect(await codeOf(alice.emitToWithAck('bob', 'make', 100_000))).toBe('PAYLOAD_TOO_LARGE');
    expect(alice.connected && bob.connected).toBe(true);
  });

  it('R-2 over polling, where bytes go as base64, the limit counts those', async () => {
    const relay = await startRelay({ socketIo: { maxHttpBufferSize: 100_000 } });
    const [alice, bob] = [await relay.connect('alice', { transports: ['polling'] }), await relay.connect('bob')];
    bob.onAny('size', (_from, value, ack) => ack(value.length));
    const most = Math.floor((100_000 - 4_096) / 4) * 3;
    expect(await alice.emitToWithAck('bob', 'size', Buffer.alloc(most))).toBe(most);
    expect(await codeOf(alice.emitToWithAck('bob', 'size', Buffer.alloc(most + 3)))).toBe('PAYLOAD_TOO_LARGE');
    expect(alice.connected).toBe(true);
  });

  it('R-2 a server without a limit is no limit', async () => {
    const relay = await startRelay({ socketIo: { maxHttpBufferSize: Number.POSITIVE_INFINITY } });
    const alice = await relay.connect('alice');
    expect(await alice.getClientList()).toEqual(['alice']);
  });

  it('R-3 one signal may end any number of operations, and keeps nothing of those that are over', async () => {
    const { alice } = await muteBob();
    const abort = new AbortController();
    const added = vi.spyOn(abort.signal, 'addEventListener');
    const removed = vi.spyOn(abort.signal, 'removeEventListener');
    const view = alice.with({ signal: abort.signal });
    await Promise.all(Array.from({ length: 20 }, (_, n) => view.emitToWithAck('bob', 'echo', n)));
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([1, 1]);
    const waiting = Array.from({ length: 20 }, () => codeOf(view.emitToWithAck('bob', 'mute')));
    abort.abort();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['ABORTED']));
  });

  it('R-3 an ack that cannot be sent, called late, still tells the one who waits', async () => {
    const { alice, bob } = await muteBob();
    let late: (value: unknown) => void = () => {};
    const asked = new Promise<void>((resolve) =>
      bob.onAny('late', (_from, ack) => {
        late = ack;
        resolve();
      }),
    );
    const answer = codeOf(alice.emitToWithAck('bob', 'late'));
    await asked;
    expect(thrownBy(() => late(1n))).toBe('INVALID_ARGUMENT');
    expect(await answer).toBe('INVALID_ARGUMENT');
  });
});
