import { describe, expect, it } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import { P2PError } from '../../src/protocol/p2p-error.js';
import type { Authenticate } from '../../src/server/authentication.js';
import { p2pServerPlugin } from '../../src/server/p2p-server-plugin.js';
import type { ClientOptions, TestClient, TestRelay } from '../support/relay.js';
import { connected, next, plainSettled, settled, startRelay, thrownBy } from '../support/relay.js';

const byToken: Authenticate = ({ auth }) => {
  const [clientId, secret] = String(auth.token).split(':');
  if (secret !== 'letmein') throw new Error(`bad token ${auth.token}`);
  return clientId;
};

/** What a plain client is refused with. */
async function refusalOf(relay: TestRelay, options: ClientOptions) {
  const socket = relay.rawSocket({ reconnection: false, ...options });
  const [error] = await next<[Error & { data?: { code: string } }]>(socket, 'connect_error');
  return error.data;
}

/** A client whose connection was lost and recovered. */
async function recoveredAlice(relay: TestRelay): Promise<TestClient> {
  const alice = await relay.connect('alice');
  relay.server.emitTo('alice', 'app', 1);
  await settled(alice);
  alice.io.engine.close();
  await next(alice, 'connect');
  await settled(alice);
  expect([alice.recovered, relay.server.getAllClientId()]).toEqual([true, ['alice']]);
  return alice;
}

describe('authenticate', () => {
  it.each([
    ['at once', byToken],
    ['later', (async (...args) => byToken(...args)) as Authenticate],
  ])('R-1 decides the client id, %s', async (_when, authenticate) => {
    const relay = await startRelay({ plugin: { authenticate } });
    const alice = await relay.connect('alice', { auth: { token: 'alice:letmein' } });
    const plain = relay.rawSocket({ auth: { token: 'plain:letmein' } });
    await next(plain, 'connect');
    await plainSettled(plain);
    expect(await alice.getClientList()).toEqual(['alice', 'plain']);
    expect(relay.server.stats.events['auth.fail']).toBe(0);
  });

  it.each([
    ['throws', byToken, 'AUTH_FAILED'],
    ['rejects', (async (...args) => byToken(...args)) as Authenticate, 'AUTH_FAILED'],
    ['throws what is not an error', () => Promise.reject('no'), 'AUTH_FAILED'],
    ['tells no client id', () => 7 as unknown as string, 'AUTH_FAILED'],
    ['tells the name of a prototype', () => '__proto__', 'AUTH_FAILED'],
    ['tells nothing', () => undefined, 'AUTH_FAILED'],
    ['names another', () => 'bob', 'CLIENT_ID_MISMATCH'],
    ['throws a P2PError', () => Promise.reject(new P2PError('FORBIDDEN', 'You are banned')), 'FORBIDDEN'],
  ])('R-1 refuses the client when it %s', async (_what, authenticate: Authenticate, code) => {
    const relay = await startRelay({ plugin: { authenticate } });
    const refusal = await refusalOf(relay, { auth: { clientId: 'alice', token: 'alice:wrong' } });
    expect(refusal?.code).toBe(code);
    expect(JSON.stringify([refusal, relay.logged])).not.toContain('wrong');
    expect(relay.server.getAllClientId()).toEqual([]);
  });

  it.each([
    ['is frozen', Object.freeze(new P2PError('FORBIDDEN', 'no'))],
    ['cannot be sent', new P2PError('FORBIDDEN', 'no', { details: { big: 1n } })],
  ])('R-1 refuses the client also by an error that %s', async (_what, error) => {
    const relay = await startRelay({ plugin: { authenticate: () => Promise.reject(error) } });
    expect(await refusalOf(relay, { auth: { clientId: 'alice' } })).toEqual({
      code: 'FORBIDDEN',
      message: 'no',
      details: {},
    });
  });

  it('R-1 is told which id a client asks for, wherever that stands, and of a session which it has', async () => {
    const claims: (string | undefined)[] = [];
    const authenticate: Authenticate = (_handshake, { claimedId }) => {
      claims.push(claimedId);
      return claimedId ?? 'guest';
    };
    const relay = await startRelay({ plugin: { authenticate } });
    await relay.connect('alice');
    await relay.connectPlain('bob');
    const guest = relay.rawSocket();
    await next(guest, 'connect');
    expect(claims).toEqual(['alice', 'bob', undefined]);
    const connectionStateRecovery = { maxDisconnectionDuration: 60_000, skipMiddlewares: true };
    await recoveredAlice(await startRelay({ socketIo: { connectionStateRecovery }, plugin: { authenticate } }));
    expect(claims.slice(3)).toEqual(['alice', 'alice']);
  });

  it('R-1 learns by its signal that the client has left', async () => {
    const asked: AbortSignal[] = [];
    const authenticate: Authenticate = (_handshake, { signal }) => {
      asked.push(signal);
      return new Promise(() => {});
    };
    const relay = await startRelay({ plugin: { authenticate } });
    const socket = relay.rawSocket({ reconnection: false });
    await expect.poll(() => asked.length).toBe(1);
    socket.disconnect();
    await expect.poll(() => asked[0]?.aborted).toBe(true);
  });

  it('R-1 may replace the data of the socket, also when that is recovered', async () => {
    const connectionStateRecovery = { maxDisconnectionDuration: 60_000, skipMiddlewares: true };
    const authenticate: Authenticate = async ({ auth }, { socket }) => {
      socket.data = { roles: [] };
      return auth.clientId;
    };
    const relay = await startRelay({ socketIo: { connectionStateRecovery }, plugin: { authenticate } });
    await recoveredAlice(relay);
  });

  it('R-1 what a recovered client sends meanwhile is answered', async () => {
    const connectionStateRecovery = { maxDisconnectionDuration: 60_000, skipMiddlewares: true };
    let decide = (_id: string) => {};
    let isSlow = false;
    const authenticate: Authenticate = () =>
      isSlow
        ? new Promise<string>((resolve) => {
            decide = resolve;
          })
        : 'plain';
    const relay = await startRelay({ socketIo: { connectionStateRecovery }, plugin: { authenticate } });
    const plain = await relay.connectPlain('plain', { reconnectionDelay: 10 });
    relay.server.emitTo('plain', 'app', 'offset');
    await plainSettled(plain);
    isSlow = true;
    plain.io.engine.close();
    await next(plain, 'connect');
    const { error } = await plain.emitWithAck('GET_CLIENT_LIST');
    expect([plain.recovered, error.code]).toEqual([true, 'NOT_REGISTERED']);
    decide('plain');
    await expect.poll(() => relay.server.getAllClientId()).toEqual(['plain']);
  });

  it('R-1 is waited for no longer than its time, and told so by its signal; the client may try again', async () => {
    const signals: AbortSignal[] = [];
    let attempts = 0;
    const authenticate: Authenticate = (_handshake, { signal }) => {
      signals.push(signal);
      return attempts++ === 0 ? new Promise(() => {}) : 'alice';
    };
    const relay = await startRelay({ plugin: { authenticate, limits: { authenticateTimeout: 20 } } });
    const raw = relay.rawSocket();
    const refused = next<[Error & { data: unknown }]>(raw, 'connect_error');
    const alice = connected(p2pClientPlugin(raw, 'alice'));
    const [{ data }] = await refused;
    expect(data).toMatchObject({ code: 'AUTH_UNAVAILABLE' });
    expect(signals[0]?.aborted).toBe(true);
    expect((await alice).errors.map(({ code }) => code)).toEqual(['AUTH_UNAVAILABLE']);
  });

  it('R-1 leaves a socket alone that has no client id, where it is optional', async () => {
    const relay = await startRelay({ plugin: { authenticate: () => undefined, clientId: 'optional' } });
    const socket = relay.rawSocket();
    await next(socket, 'connect');
    expect(relay.server.getAllClientId()).toEqual([]);
    expect(relay.server.sockets.sockets.size).toBe(1);
  });

  it('R-1 is asked again when a connection is recovered, which passes no middleware', async () => {
    const connectionStateRecovery = { maxDisconnectionDuration: 60_000, skipMiddlewares: true };
    let isOpen = true;
    const authenticate: Authenticate = async () => {
      if (!isOpen) throw new P2PError('AUTH_FAILED', 'The door is closed');
      return 'alice';
    };
    const relay = await startRelay({ socketIo: { connectionStateRecovery }, plugin: { authenticate } });
    const alice = await recoveredAlice(relay);
    isOpen = false;
    const refused = next<[P2PError]>(alice, 'SERVER_ERROR');
    alice.io.engine.close();
    expect((await refused)[0].code).toBe('AUTH_FAILED');
    expect(relay.server.getAllClientId()).toEqual([]);
  });

  it('R-1 is warned of once at the start, where clients name themselves and nobody said that this is meant', async () => {
    const warned: unknown[] = [];
    const logger = { error: () => {}, warn: (line: string) => warned.push(line) };
    await startRelay({ plugin: { logger } });
    expect(warned).toEqual([expect.stringContaining('can be anyone')]);
    await startRelay({ plugin: { logger, authenticate: false } });
    await startRelay({ plugin: { logger, authenticate: byToken } });
    expect(warned.length).toBe(1);
  });

  it('R-2 other options for a server that has the plugin are refused, the same are not', async () => {
    const authorize = () => true;
    const { server } = await startRelay({ plugin: { authorize, limits: { maxRooms: 5 } } });
    expect(p2pServerPlugin(server)).toBe(server);
    expect(p2pServerPlugin(server, { authorize, limits: { maxRooms: 5 } })).toBe(server);
    for (const options of [{ authenticate: () => 'a' }, { authorize: () => false }, { limits: { maxRooms: 6 } }]) {
      expect(thrownBy(() => p2pServerPlugin(server, options))).toBe('INVALID_ARGUMENT');
    }
  });

  it('R-1 a mistake in it is logged, without what may hold a token', async () => {
    const authenticate: Authenticate = () => {
      throw new TypeError('secret');
    };
    const relay = await startRelay({ plugin: { authenticate } });
    expect((await refusalOf(relay, { auth: { clientId: 'alice' } }))?.code).toBe('AUTH_FAILED');
    expect(relay.logged).toEqual([[expect.any(String), expect.stringMatching(/^TypeError\n +at /)]]);
    expect(JSON.stringify(relay.logged)).not.toContain('secret');
  });

  it.each([
    [{ authenticate: 'yes' }],
    [{ authenticate: true }],
    [{ authorize: 'yes' }],
    [{ revalidateEvery: 1_000 }],
    [{ revalidateEvery: 0, authenticate: () => 'a' }],
    [{ duplicates: 'both' }],
    [{ defaultPermission: true }],
    [{ slowConsumer: 'wait' }],
    [{ limits: { maxFriends: 1 } }],
    [{ limits: { maxStreams: -1 } }],
    [{ limits: { maxStreams: 1.5 } }],
    [{ limits: { maxStreams: '1' } }],
    [{ limits: { maxStreams: Number.NaN } }],
    [{ limits: { probeTimeout: 0 } }],
    [{ limits: { probeTimeout: Number.POSITIVE_INFINITY } }],
    [{ limits: 7 }],
    [{ limits: [] }],
    [{ authorise: () => false }],
    [{ packetsPerSecond: 5 }],
  ])('R-2 the option %j is refused', async (options) => {
    await expect(startRelay({ plugin: options as object })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('revalidateEvery', () => {
  it('R-1 ends a session that is no longer valid; the client comes back with what it then has', async () => {
    const valid = new Set(['first']);
    const authenticate: Authenticate = ({ auth }) => {
      if (!valid.has(auth.token)) throw new P2PError('AUTH_FAILED', 'Unknown token');
      return 'alice';
    };
    const relay = await startRelay({ plugin: { authenticate, revalidateEvery: 5 } });
    let token = 'first';
    const alice = await relay.connect('alice', { auth: (give: (auth: object) => void) => give({ token }) } as object);
    const ended = next<[P2PError]>(alice, 'SERVER_ERROR');
    token = 'second';
    valid.add('second');
    valid.delete('first');
    const [error] = await ended;
    expect(error).toMatchObject({ code: 'SESSION_EXPIRED', retryable: true, details: { code: 'AUTH_FAILED' } });
    await next(alice, 'connect');
    await settled(alice);
    expect(relay.server.getAllClientId()).toEqual(['alice']);
  });

  it('R-1 leaves a session alone while nobody can tell, and one that the application has added', async () => {
    let isDown = false;
    let asked = 0;
    const authenticate: Authenticate = ({ auth }) => {
      if (auth.guest) return undefined;
      if (isDown) asked++;
      return isDown ? Promise.reject(new P2PError('AUTH_UNAVAILABLE', 'down')) : 'alice';
    };
    const relay = await startRelay({ plugin: { authenticate, revalidateEvery: 2, clientId: 'optional' } });
    const alice = await relay.connect('alice');
    const guest = relay.rawSocket({ auth: { guest: true } });
    await next(guest, 'connect');
    relay.server.addClient('guest', guest.id as string);
    isDown = true;
    await expect.poll(() => asked).toBeGreaterThan(3);
    await settled(alice);
    expect([alice.errors, relay.server.getAllClientId()]).toEqual([[], ['alice', 'guest']]);
  });

  it('R-1 leaves a valid session alone', async () => {
    let asked = 0;
    let enough = () => {};
    const often = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const authenticate: Authenticate = () => {
      if (++asked === 5) enough();
      return 'alice';
    };
    const relay = await startRelay({ plugin: { authenticate, revalidateEvery: 2 } });
    const alice = await relay.connect('alice');
    const { id } = alice;
    await often;
    await settled(alice);
    expect([alice.id, alice.errors]).toEqual([id, []]);
  });
});

describe('kick', () => {
  it('R-1 sends a client away with a code and a reason, and it stays away until it connects anew', async () => {
    const relay = await startRelay();
    const alice = await relay.connect('alice');
    const told = next<[P2PError]>(alice, 'SERVER_ERROR');
    const gone = next(alice, 'disconnect');
    expect(relay.server.kick('alice', 'spam')).toBe(true);
    expect((await told)[0]).toMatchObject({ code: 'SESSION_KICKED', details: { reason: 'spam' }, retryable: false });
    await gone;
    expect([relay.server.kick('alice'), relay.server.getAllClientId()]).toEqual([false, []]);
    alice.connect();
    await settled(alice);
    expect(relay.server.getAllClientId()).toEqual(['alice']);
  });

  it('R-1 tells a plain client by SERVER_ERROR', async () => {
    const relay = await startRelay();
    const plain = await relay.connectPlain('plain');
    const told = next<[unknown]>(plain, 'SERVER_ERROR');
    relay.server.kick('plain');
    expect((await told)[0]).toMatchObject({ code: 'SESSION_KICKED', details: {} });
  });

  it('R-1 neither the server nor its services can be sent away, and a reason is text', async () => {
    const { server } = await startRelay({ plugin: { isService: true } });
    server.asService('clock');
    expect([server.kick('clock'), server.kick('p2p:server'), server.kick('nobody')]).toEqual([false, false, false]);
    expect(thrownBy(() => server.kick('a', 7 as unknown as string))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => server.kick('a', 'x'.repeat(257)))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => server.kick(undefined as unknown as string))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => server.forgetPermissions(null as unknown as string))).toBe('INVALID_ARGUMENT');
  });

  it('R-1 leaves no way back in by connection state recovery', async () => {
    const connectionStateRecovery = { maxDisconnectionDuration: 60_000, skipMiddlewares: true };
    const relay = await startRelay({ socketIo: { connectionStateRecovery } });
    const plain = await relay.connectPlain('plain', { reconnectionDelay: 10 });
    relay.server.emitTo('plain', 'app', 'offset');
    await plainSettled(plain);
    const told = next<[unknown]>(plain, 'SERVER_ERROR');
    relay.server.kick('plain');
    await told;
    // A kicked client that claims to have lost its connection, with all it knows of it.
    plain.connect();
    await next(plain, 'connect');
    expect(plain.recovered).toBe(false);
  });
});
