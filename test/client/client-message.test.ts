import { describe, expect, it } from 'vitest';
import { P2PError } from '../../src/protocol/p2p-error.js';
import { codeOf, ENVELOPES, next, settled, startRelay, type TestClient } from '../support/relay.js';

async function pair(): Promise<{ alice: TestClient; bob: TestClient; relay: Awaited<ReturnType<typeof startRelay>> }> {
  const relay = await startRelay();
  return { alice: await relay.connect('alice'), bob: await relay.connect('bob'), relay };
}

describe('CM-1 targets', () => {
  it('CM-1 addP2pTarget resolves or calls back, and onAddP2pTarget learns who wants to talk', async () => {
    const { alice, bob, relay } = await pair();
    const carol = await relay.connect('carol');
    const asked: string[] = [];
    const stop = alice.onAddP2pTarget((clientId) => asked.push(clientId));
    await bob.addP2pTarget('alice');
    await new Promise<void>((resolve) => carol.addP2pTarget('alice', resolve));
    expect(asked).toEqual(['bob', 'carol']);
    stop();
    stop();
    await bob.addP2pTarget('alice');
    expect(asked).toEqual(['bob', 'carol']);
  });
});

describe('CM-2 emitTo', () => {
  it('CM-2 reaches that client and no other, with its arguments', async () => {
    const { alice, bob, relay } = await pair();
    const carol = await relay.connect('carol');
    const heard: unknown[] = [];
    alice.onAny('hi', (...args) => heard.push(['alice', ...args]));
    carol.onAny('hi', (...args) => heard.push(['carol', ...args]));
    const value = { text: 'ä', list: [1, null, true], nested: { deep: [{}] } };
    bob.emitTo('alice', 'hi', 'text', 5, value, undefined);
    await settled(bob, carol, alice);
    expect(heard).toEqual([['alice', 'bob', 'text', 5, value, null]]);
  });

  it('CM-2 carries binary alone and inside other values', async () => {
    const { alice, bob } = await pair();
    const heard: unknown[][] = [];
    alice.onAny('bytes', (_from, ...args) => heard.push(args));
    bob.emitTo('alice', 'bytes', Uint8Array.of(1, 2, 3));
    bob.emitTo('alice', 'bytes', { a: [Buffer.from('x')], b: new Uint16Array([513]).buffer }, 'tail', new Uint8Array());
    await settled(bob, alice);
    expect(heard).toEqual([[Buffer.of(1, 2, 3)], [{ a: [Buffer.from('x')], b: Buffer.of(1, 2) }, 'tail', Buffer.of()]]);
  });

  it('CM-2 a function as last argument is the ack, called once with all values', async () => {
    const { alice, bob } = await pair();
    alice.onAny('sum', (_from, a, b, ack) => {
      ack(a + b, Buffer.from([a]));
      ack('again');
    });
    const answers: unknown[][] = [];
    await new Promise<void>((resolve) =>
      bob.emitTo('alice', 'sum', 1, 2, (...values: unknown[]) => {
        answers.push(values);
        resolve();
      }),
    );
    await settled(alice, bob);
    expect(answers).toEqual([[3, Buffer.of(1)]]);
    expect(await bob.emitToWithAck('alice', 'sum', 3, 4)).toBe(7);
  });

  it('CM-2 keeps the order between two clients, messages and requests alike', async () => {
    const { alice, bob } = await pair();
    const heard: number[] = [];
    alice.onAny('n', (_from, n, ack) => {
      heard.push(n);
      ack?.();
    });
    const sent = Array.from({ length: 200 }, (_, n) => n);
    const acks = sent.map((n) => (n % 3 === 0 ? bob.emitToWithAck('alice', 'n', n) : bob.emitTo('alice', 'n', n)));
    await Promise.all(acks);
    await settled(bob, alice);
    expect(heard).toEqual(sent);
  });

  it('CM-2 a client can send to itself', async () => {
    const { alice } = await pair();
    alice.onAny('echo', (from, text, ack) => ack(from, text));
    expect(await alice.emitToWithAck('alice', 'echo', 'x')).toBe('alice');
    await alice.addP2pTarget('alice');
    alice.from('alice').on('x', () => {});
  });

  it('CM-2 a request that nobody listens for is answered at once', async () => {
    const { bob } = await pair();
    expect(await codeOf(bob.emitToWithAck('alice', 'unheard'))).toBe('NO_LISTENER');
  });
});

describe('CM-3 onAny', () => {
  it('CM-3 hears any client, once or until off', async () => {
    const { alice, bob, relay } = await pair();
    const carol = await relay.connect('carol');
    const heard: unknown[] = [];
    const listener = (from: string, n: number) => heard.push([from, n]);
    alice.onAny('n', listener);
    alice.onceAny('n', (from: string, n: number) => heard.push(['once', from, n]));
    bob.emitTo('alice', 'n', 1);
    await settled(bob);
    carol.emitTo('alice', 'n', 2);
    await settled(carol, alice);
    alice.offAny('n', listener);
    bob.emitTo('alice', 'n', 3);
    await settled(bob, alice);
    expect(heard).toEqual([
      ['bob', 1],
      ['once', 'bob', 1],
      ['carol', 2],
    ]);
  });

  it('CM-3 offAny(event) removes all of that event, and only those', async () => {
    const { alice, bob } = await pair();
    const heard: unknown[] = [];
    alice.onAny('a', () => heard.push('a1'));
    alice.onAny('a', () => heard.push('a2'));
    alice.onAny('b', () => heard.push('b'));
    alice.offAny('a');
    bob.emitTo('alice', 'a');
    bob.emitTo('alice', 'b');
    await settled(bob, alice);
    expect(heard).toEqual(['b']);
  });

  it("CM-3 Socket.IO's own onAny(listener) and offAny(listener) keep working on the same object", async () => {
    const { alice, bob, relay } = await pair();
    const heard: unknown[] = [];
    const catchAll = (event: string, ...args: unknown[]) => event === 'news' && heard.push([event, ...args]);
    expect(alice.onAny(catchAll)).toBe(alice);
    expect(alice.listenersAny()).toEqual([catchAll]);
    relay.server.emitTo('alice', 'news', 1);
    await settled(alice);
    expect(alice.offAny(catchAll)).toBe(alice);
    relay.server.emitTo('alice', 'news', 2);
    await settled(alice);
    expect(heard).toEqual([['news', 1]]);

    alice.onAny(catchAll);
    alice.onAny('x', () => heard.push('x'));
    alice.offAny();
    expect(alice.listenersAny()).toEqual([]);
    bob.emitTo('alice', 'x');
    await settled(bob, alice);
    expect(heard).toEqual([['news', 1]]);
  });

  it('CM-3 no client can pass for the server: relayed messages never reach socket.on(event)', async () => {
    const { alice, bob } = await pair();
    const heard: unknown[] = [];
    alice.on('order', () => heard.push('on'));
    alice.onAny('order', () => heard.push('onAny'));
    alice.from('bob').on('order', () => heard.push('from'));
    bob.emitTo('alice', 'order');
    await settled(bob, alice);
    expect(heard.sort()).toEqual(['from', 'onAny']);
  });

  it('CM-3 onMessage hears every relayed message and can answer it', async () => {
    const { alice, bob } = await pair();
    const stop = alice.onMessage(({ from, event, args, ack }) => ack?.(from, event, ...args));
    const answer = await new Promise((resolve) =>
      bob.emitTo('alice', 'x', 1, (...values: unknown[]) => resolve(values)),
    );
    expect(answer).toEqual(['bob', 'x', 1]);
    stop();
    expect(await codeOf(bob.emitToWithAck('alice', 'x'))).toBe('NO_LISTENER');
  });
});

describe('CM-4 from', () => {
  it('CM-4 hears that client alone; once and off behave as on a Socket.IO socket', async () => {
    const { alice, bob, relay } = await pair();
    const carol = await relay.connect('carol');
    const heard: unknown[] = [];
    const listener = (n: number) => heard.push(n);
    const fromBob = alice.from('bob');
    expect(fromBob.on('n', listener).once('n', (n: number) => heard.push(`once ${n}`))).toBe(fromBob);
    fromBob.on('n', listener);
    carol.emitTo('alice', 'n', 0);
    bob.emitTo('alice', 'n', 1);
    await settled(carol, bob, alice);
    expect(heard).toEqual([1, 'once 1', 1]);
    alice.from('bob').off('n', listener);
    bob.emitTo('alice', 'n', 2);
    await settled(bob, alice);
    expect(heard).toEqual([1, 'once 1', 1, 2]);
    fromBob.off('n');
    bob.emitTo('alice', 'n', 3);
    await settled(bob, alice);
    expect(heard).toHaveLength(4);
  });

  it('CM-4 two from() handles do not disturb each other', async () => {
    const { alice, bob, relay } = await pair();
    const carol = await relay.connect('carol');
    const heard: unknown[] = [];
    const fromBob = alice.from('bob');
    const fromCarol = alice.from('carol');
    fromBob.on('n', () => heard.push('bob'));
    fromCarol.on('n', () => heard.push('carol'));
    carol.emitTo('alice', 'n');
    await settled(carol, alice);
    fromCarol.off();
    bob.emitTo('alice', 'n');
    carol.emitTo('alice', 'n');
    await settled(bob, carol, alice);
    expect(heard).toEqual(['carol', 'bob']);
  });

  it('CM-4 a listener that is removed while an event is delivered is still called, as in Socket.IO', async () => {
    const { alice, bob } = await pair();
    const heard: string[] = [];
    const second = () => heard.push('second');
    alice.from('bob').on('x', () => alice.from('bob').off('x', second));
    alice.from('bob').on('x', second);
    bob.emitTo('alice', 'x');
    bob.emitTo('alice', 'x');
    await settled(bob, alice);
    expect(heard).toEqual(['second']);
  });
});

describe('CM-5 a target disconnects', () => {
  it.each([true, false])('CM-5 the listeners bound to it are removed, registered before it came: %s', async (early) => {
    const relay = await startRelay();
    const alice = await relay.connect('alice');
    const carol = await relay.connect('carol');
    const heard: unknown[] = [];
    const listen = () => {
      alice.from('bob').on('n', (n: number) => heard.push(n));
      alice.from('carol').on('n', (n: number) => heard.push(n));
    };
    if (early) listen();
    let bob = await relay.connect('bob');
    if (!early) listen();
    await alice.addP2pTarget('bob');
    bob.emitTo('alice', 'n', 1);
    await settled(bob, alice);
    const gone = next(alice, 'MULTI_API_TARGET_DISCONNECT');
    bob.disconnect();
    await gone;
    bob = await relay.connect('bob');
    bob.emitTo('alice', 'n', 2);
    carol.emitTo('alice', 'n', 3);
    await settled(bob, carol, alice);
    expect(heard).toEqual([1, 3]);
  });

  it('CM-5 listeners that were taken off before are not watched for any more', async () => {
    const relay = await startRelay();
    const alice = await relay.connect('alice', {}, ENVELOPES);
    const bob = await relay.connect('bob');
    const listener = () => {};
    alice.from('bob').on('x', listener).off('x', listener);
    const heard: unknown[] = [];
    alice.on('P2P', (_data, [type]: [string]) => heard.push(type));
    await settled(alice);
    bob.disconnect();
    await settled(alice);
    await settled(alice);
    expect(heard).not.toContain('peer-gone');
  });
});

describe('handlers that fail', () => {
  it.each([
    ['throws', () => Promise.reject(new Error('secret'))],
    [
      'rejects',
      () => {
        throw new Error('secret');
      },
    ],
  ])('R-2 a listener that %s ends nothing: the caller gets a code without the message', async (_how, fail) => {
    const { alice, bob } = await pair();
    alice.onAny('x', fail);
    const error = (await bob.emitToWithAck('alice', 'x').catch((e) => e)) as P2PError;
    expect(error).toBeInstanceOf(P2PError);
    expect(error.code).toBe('HANDLER_FAILED');
    expect(JSON.stringify(error)).not.toContain('secret');
    expect(alice.errors).toMatchObject([{ code: 'HANDLER_FAILED', cause: { message: 'secret' } }]);
    alice.from('bob').on('y', fail);
    bob.emitTo('alice', 'y');
    await settled(bob, alice);
    expect(alice.errors).toHaveLength(2);
  });

  it('R-2 a P2PError that a listener throws reaches the caller as it is', async () => {
    const { alice, bob } = await pair();
    alice.onAny('x', () => {
      throw new P2PError('INVALID_ARGUMENT', 'no such room', { details: { room: 7, unsendable: 1n } });
    });
    const error = (await bob.emitToWithAck('alice', 'x').catch((e) => e)) as P2PError;
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: 'no such room' });
  });

  it('R-2 callbacks and listeners of local events that throw end nothing', async () => {
    const { alice, bob } = await pair();
    alice.onAny('x', (_from, ack) => ack());
    const told = next<[P2PError]>(bob, 'SERVER_ERROR');
    bob.emitTo('alice', 'x', () => {
      throw new Error('oops');
    });
    expect((await told)[0].code).toBe('HANDLER_FAILED');
    alice.onAddP2pTarget(() => Promise.reject(new Error('oops')));
    await bob.addP2pTarget('alice');
    await settled(alice);
    expect(alice.errors).toMatchObject([{ code: 'HANDLER_FAILED' }]);
  });
});
