import { describe, expect, it, onTestFinished } from 'vitest';
import { TokenBucket } from '../../src/async/token-bucket.js';
import { P2PError } from '../../src/protocol/p2p-error.js';
import { PAYLOAD_FORMATS } from '../../src/protocol/payload-codec.js';
import type { Authenticate } from '../../src/server/authentication.js';
import type { ServerLimits } from '../../src/server/server-limits.js';
import { record as rawRecord } from '../protocol/frame-twin.js';
import { codeOf, next, plainSettled, rawSocketTo, settled, startRelay, type TestClient } from '../support/relay.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { Attacker, envelope, PACKET_KINDS } from './support/attacker.js';
import { definition, names, WHOLE } from './support/records.js';

/** A decision that the test makes when it likes. */
function pending<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

async function sum(client: TestClient, act: () => Promise<unknown>[]): Promise<string[]> {
  const codes = await Promise.all(act().map((operation) => codeOf(operation)));
  await settled(client);
  return codes;
}

describe('what is permitted', () => {
  it('R-1 who may not publish reaches late subscribers by nothing that it keeps for them either', async () => {
    const relay = await startRelay({ plugin: { authorize: ({ action }) => action !== 'publish' } });
    const mallory = await relay.connect('mallory', {}, { isService: true });
    mallory.createTopic('news', { retain: 1 });
    void mallory.publishTopic('news', 'not permitted').catch(() => {});
    const alice = await relay.connect('alice');
    const heard: unknown[] = [];
    await alice.subscribeTopic('mallory', 'news', (value) => heard.push(value)).ready;
    await settled(mallory, alice);
    expect(heard).toEqual([]);
  });

  it('R-1 an answer that was asked for before the permissions were forgotten is not kept after', async () => {
    const first = pending<boolean>();
    let calls = 0;
    const relay = await startRelay({
      plugin: {
        authorize: ({ action }) => {
          if (action !== 'call') return true;
          if (calls++ > 0) return false;
          return first.promise.then((allowed) => ({ allowed, cacheFor: Number.POSITIVE_INFINITY }));
        },
      },
    });
    const bob = await relay.connect('bob', {}, { isService: true });
    bob.provideService('add', () => 3);
    const alice = await relay.connect('alice');
    const call = alice.callService('bob', 'add');
    await expect.poll(() => calls).toBe(1);
    // It has been taken away: what was found out before that is not to last for ever.
    relay.server.forgetPermissions('alice');
    first.resolve(true);
    await call.catch(() => {});
    expect(await codeOf(alice.callService('bob', 'add'))).toBe('FORBIDDEN');
  });

  it('R-1 questions about who is there are asked no more often at a time than others', async () => {
    let open = 0;
    let most = 0;
    const never = new Promise<boolean>(() => {});
    const relay = await startRelay({
      plugin: {
        authorize: ({ action, client }) => {
          if (action !== 'list-clients' || client.clientId !== 'mallory') return true;
          most = Math.max(most, ++open);
          return never;
        },
      },
    });
    const mallory = await relay.connect('mallory');
    for (let n = 0; n < 500; n++) mallory.emitTo('nobody', 'hi', n);
    await settled(mallory);
    expect(most).toBeLessThan(10);
  });
});

describe('an answer that makes no sense', () => {
  it('R-1 is a no for who is there too, and the client is told', async () => {
    const nonsense = {
      get allowed(): boolean {
        throw new TypeError('a fault');
      },
    };
    const relay = await startRelay({
      plugin: { authorize: ({ action }) => (action === 'list-clients' ? Promise.resolve(nonsense) : true) },
    });
    const alice = await relay.connect('alice');
    const asked = alice.with({ timeout: 1_000 }).emitToWithAck('nobody', 'ask');
    expect(await codeOf(asked)).toBe('FORBIDDEN');
  });
});

describe('who is asked again who it is', () => {
  it('R-1 stays where the server cannot find out', async () => {
    let isDown = false;
    let asked = 0;
    const authenticate: Authenticate = ({ auth }) => {
      asked++;
      return isDown ? new Promise(() => {}) : String(auth.name);
    };
    const limits = { authenticateTimeout: 10 };
    const relay = await startRelay({ plugin: { authenticate, revalidateEvery: 10, limits } });
    const alice = await relay.connect('alice', { auth: { name: 'alice' } });
    const gone = next(alice, 'disconnect').then(() => 'sent away');
    isDown = true;
    asked = 0;
    const stays = expect.poll(() => asked).toBeGreaterThan(3);
    expect(await Promise.race([gone, stays.then(() => 'stays')])).toBe('stays');
  });
});

/** A relay where the event "slow" is decided about when the test says so. */
async function slowDecision() {
  const decision = pending<boolean>();
  let asked = 0;
  const decide = () => {
    asked++;
    return decision.promise;
  };
  const relay = await startRelay({ plugin: { authorize: ({ event }) => (event === 'slow' ? decide() : true) } });
  const bob = await relay.connect('bob');
  return { relay, bob, decision, asked: () => asked };
}

describe('what an answer takes its time for', () => {
  it('R-1 streams that are open go on while something else is being decided', async () => {
    const { relay, bob, decision, asked } = await slowDecision();
    let received = 0;
    bob.onAddP2pStream((duplex) => void duplex.on('data', () => received++));
    const alice = await relay.connect('alice');
    const duplexes = await Promise.all(
      Array.from({ length: 8 }, () => alice.addP2pStream('bob', { objectMode: true })),
    );
    const codes: unknown[] = [];
    for (const duplex of duplexes) duplex.on('error', (error: P2PError) => codes.push(error.code)).write(0);
    await expect.poll(() => received).toBe(8);
    alice.emitTo('bob', 'slow');
    await expect.poll(asked).toBe(1);
    // Less than each has credit for, and together more than the server keeps.
    for (const duplex of duplexes) for (let n = 0; n < 300; n++) duplex.write(n);
    await turns(300);
    decision.resolve(true);
    await settled(alice, bob);
    expect(codes).toEqual([]);
    await expect.poll(() => received).toBe(8 + 8 * 300);
  });

  it('R-1 who answers many is not sent away for it while something of its own is being decided', async () => {
    const { relay, bob, decision, asked } = await slowDecision();
    bob.onAny('ask', (_from, ack) => ack(1));
    const alice = await relay.connect('alice');
    bob.emitTo('alice', 'slow');
    await expect.poll(asked).toBe(1);
    // As many as a client may ask at once, by default.
    const answers = sum(alice, () => Array.from({ length: 5_000 }, () => alice.emitToWithAck('bob', 'ask')));
    await Promise.race([answers, next(bob, 'disconnect'), turns(3_000)]);
    decision.resolve(true);
    const codes = new Set(await answers);
    expect([bob.connected, [...codes]]).toEqual([true, ['no error']]);
  });
});

describe('what is sent at once', () => {
  it('R-1 is within the burst, and no violation, though each of it has to be decided about later', async () => {
    const authorize = async () => {
      await turns(1);
      return true;
    };
    const relay = await startRelay({ plugin: { authorize } });
    const bob = await relay.connect('bob');
    const alice = await relay.connect('alice');
    for (let n = 0; n < 2_500; n++) alice.emitTo('bob', 'hi', n);
    const gone = next(alice, 'disconnect').then(() => 'sent away');
    expect(await Promise.race([gone, settled(alice, bob).then(() => 'stays')])).toBe('stays');
  });

  it('R-1 is no more after a time of silence', () => {
    let now = 0;
    const bucket = new TokenBucket({ burst: 10, perSecond: 1 }, () => now);
    now = 60_000;
    expect([bucket.take(10), bucket.take(1)]).toEqual([true, false]);
  });
});

describe('what others make a client send', () => {
  const limits = { packetsPerSecond: 1, packetBurst: 300, violationBurst: 50, violationsPerSecond: 0 };

  it('R-1 who is asked by many, each within its limits, is not sent away for answering', async () => {
    const relay = await startRelay({ plugin: { limits } });
    const bob = await relay.connect('bob');
    bob.onAny('ask', (_from, ack) => ack(1));
    const askers = await Promise.all(['a', 'b', 'c', 'd'].map((id) => relay.connect(id)));
    for (const asker of askers) {
      const codes = await sum(asker, () => Array.from({ length: 200 }, () => asker.emitToWithAck('bob', 'ask')));
      expect([asker.clientId, [...new Set(codes)]]).toEqual([asker.clientId, ['no error']]);
    }
    expect(bob.connected).toBe(true);
  });

  it('R-1 who is asked what it does not know is not sent away for saying so', async () => {
    const relay = await startRelay({ plugin: { limits } });
    const bob = await relay.connect('bob');
    for (const id of ['a', 'b', 'c']) {
      const asker = await relay.connect(id);
      await sum(asker, () => Array.from({ length: 200 }, () => asker.emitToWithAck('bob', 'nonsense')));
    }
    expect(relay.server.getAllClientId()).toContain('bob');
    expect(bob.connected).toBe(true);
  });

  it('R-1 who sends on streams is not sent away because those who read them go', async () => {
    const relay = await startRelay({ plugin: { limits: { ...limits, packetBurst: 100 } } });
    const bob = await relay.connect('bob');
    bob.onAddP2pStream((duplex) => void duplex.on('error', () => {}).write(Buffer.alloc(8_000_000)));
    for (let n = 0; n < 20; n++) {
      const reader = await relay.connect(`reader-${n}`, { reconnection: false });
      const duplex = await reader.addP2pStream('bob');
      duplex.on('error', () => {});
      let read = 0;
      await new Promise<void>((resolve) =>
        duplex.on('data', ({ length }: Buffer) => {
          read += length;
          if (read > 2_000_000) resolve();
        }),
      );
      reader.io.engine.close();
      await expect.poll(() => relay.server.getAllClientId()).not.toContain(`reader-${n}`);
    }
    expect(relay.server.getAllClientId()).toEqual(['bob']);
    await settled(bob);
    expect(bob.errors).toEqual([]);
  });

  it('R-1 a service is not sent away for what it keeps for late subscribers', async () => {
    const relay = await startRelay({ plugin: { limits } });
    const bob = await relay.connect('bob', {}, { isService: true });
    bob.createTopic('news', { retain: 100 });
    for (let n = 0; n < 100; n++) void bob.publishTopic('news', n);
    await settled(bob);
    const mallory = await relay.connect('mallory');
    for (let n = 0; n < 10; n++) {
      await mallory.subscribeTopic('bob', 'news', () => {}).ready.catch(() => {});
      await mallory.unsubscribeTopic('bob', 'news');
    }
    await settled(mallory);
    expect(relay.server.getAllClientId()).toContain('bob');
  });
});

describe('what a client may use', () => {
  const few: Partial<ServerLimits> = {
    packetsPerSecond: 0,
    packetBurst: 100,
    violationBurst: 10,
    violationsPerSecond: 0,
  };

  it.each(PACKET_KINDS)(
    'R-1 credit of a %s client for a direction that has ended is not free of the rate of packets',
    async (kind) => {
      const relay = await startRelay({ plugin: { limits: few } });
      const mallory = await Attacker.connect(relay.url, kind);
      const { packet, clientId } = mallory;
      const { bytes, json } = PAYLOAD_FORMATS;
      // Both ends of a stream with itself.
      const asked = new Promise<unknown[]>((resolve) => {
        mallory.onPacket((_data, header) => header[0] === 'open' && resolve(header));
      });
      mallory.send(packet('[]', ['open', clientId, 0, 1, 10_000, 'bytes', 100_000, json]));
      const [, , epoch] = await asked;
      mallory.send(packet(null, ['opened', clientId, epoch, 1, 2, 100_000]));
      await mallory.settled();
      mallory.send(packet(Buffer.from('x'), ['data', 2, 0, bytes]), packet(null, ['finish', 2]));
      await mallory.settled();
      const gone = next(mallory.socket, 'disconnect').then(() => 'refused');
      for (let n = 0; n < 2_000; n++) mallory.send(packet(null, ['credit', 1, 1_024, 0]));
      const answered = new Promise((resolve) => {
        mallory.onPacket((_data, header) => header[3] === 77 && resolve(String(header[0])));
      });
      mallory.send(packet(null, ['connected', 77, 'anyone']));
      expect(await Promise.race([gone, answered])).not.toBe('reply');
    },
  );

  it('R-1 numbers that a client gives to names are not free of the rate of packets', async () => {
    const relay = await startRelay({ plugin: { limits: few } });
    const mallory = await Attacker.connect(relay.url, 'frames');
    const about = (n: number) => ({ peer: `nobody-${n}`, event: 'x'.repeat(200) });
    for (let n = 0; n < 2_000; n++) mallory.send(definition(2 + (n % 1_000), 'message', about(n)));
    await mallory.settled();
    expect([...mallory.codes.keys()]).not.toEqual([]);
  });

  const bytes: Partial<ServerLimits> = { bytesPerSecond: 0, byteBurst: 10_000 };

  it('R-1 bytes that come with a packet which has no payload are counted, or refused', async () => {
    const relay = await startRelay({ plugin: { limits: bytes } });
    const mallory = await Attacker.connect(relay.url, 'plugin');
    for (let n = 0; n < 10; n++) mallory.send(envelope('x'.repeat(100_000), ['unwatch', 'bob']));
    await mallory.settled();
    expect([...mallory.codes.keys()]).not.toEqual([]);
  });

  it('R-1 bytes that come in a frame with a packet which has no payload are refused', async () => {
    const relay = await startRelay({ plugin: { limits: bytes } });
    const mallory = await Attacker.connect(relay.url, 'frames');
    const written = rawRecord(WHOLE, names('unwatch', { peer: 'bob' }), Buffer.alloc(100_000));
    for (let n = 0; n < 10; n++) mallory.send(written);
    await mallory.settled();
    expect([...mallory.codes]).toEqual([['PACKET_INVALID', 10]]);
  });
});

describe('a client that does not read', () => {
  const LIMIT = 1_000_000;
  const text = 'x'.repeat(100_000);

  async function stalled() {
    const relay = await startRelay({ plugin: { limits: { maxQueuedBytes: LIMIT } } });
    const proxy = await startTcpProxy(relay.port);
    const bob = rawSocketTo(`http://localhost:${proxy.port}`, { query: { clientId: 'bob' }, reconnection: false });
    await next(bob, 'connect');
    const alice = await relay.connect('alice');
    onTestFinished(() => proxy.resume());
    const queued = () => {
      const conn = relay.server.getSocketByClientId('bob')?.conn as unknown as { writeBuffer: unknown[] } | undefined;
      return conn?.writeBuffer.length ?? 0;
    };
    const flood = async () => {
      for (let n = 0; relay.server.stats.events['session.slow'] === 0 && n < 2_000; n++) {
        alice.emitTo('bob', 'news', n, text);
        if (n % 20 === 0) await settled(alice);
      }
      await settled(alice);
    };
    return { relay, proxy, bob, alice, queued, flood };
  }

  it('R-1 is closed too by answers that Socket.IO itself gives', async () => {
    const { relay, proxy, bob, queued, flood } = await stalled();
    proxy.stall('down');
    await flood();
    const gone = new Promise((resolve) => relay.server.getSocketByClientId('bob')?.once('disconnect', resolve));
    for (let n = 0; n < 60_000; n++) bob.emit('EMIT_ROOM', { room: 'nobody', event: 'x' }, () => {});
    const before = queued();
    const piled = expect.poll(() => queued() - before, { timeout: 20_000 }).toBeGreaterThan(50_000);
    const outcome = await Promise.race([
      gone.then(() => 'closed'),
      piled.then(
        () => 'piled up',
        () => 'closed',
      ),
    ]);
    expect(outcome).toBe('closed');
  });

  it('R-1 has no more room for messages because it leaves streams unread', async () => {
    const { relay, proxy, bob, alice } = await stalled();
    bob.on('MULTI_API_CREATE_STREAM', (_body, ack) => ack({}));
    for (let n = 0; n < 60; n++) {
      const duplex = await alice.addP2pStream('bob');
      duplex.on('error', () => {}).write(Buffer.alloc(100_000));
    }
    await settled(alice);
    await plainSettled(bob);
    proxy.stall('down');
    let most = 0;
    for (let n = 0; relay.server.stats.events['session.slow'] === 0 && n < 2_000; n++) {
      alice.emitTo('bob', 'news', n, text);
      await settled(alice);
      const conn = relay.server.getSocketByClientId('bob')?.conn as unknown as
        | { writeBuffer: { data?: string }[] }
        | undefined;
      const size = (conn?.writeBuffer ?? []).reduce((total, { data }) => total + (data?.length ?? 0), 0);
      most = Math.max(most, size);
    }
    expect(most).toBeLessThan(2 * LIMIT);
  });
});

describe('who holds an id', () => {
  it('R-1 many newcomers who want it ask its holder together', async () => {
    const relay = await startRelay();
    const alice = await relay.connect('alice');
    let pings = 0;
    alice.io.engine.on('ping', () => pings++);
    const newcomers = Array.from({ length: 200 }, () =>
      relay.rawSocket({ query: { clientId: 'alice' }, reconnection: false }),
    );
    const refused = await Promise.all(newcomers.map((socket) => next<[P2PError]>(socket, 'connect_error')));
    await settled(alice);
    expect(refused.length).toBe(200);
    expect(pings).toBeLessThan(newcomers.length);
  });

  it('R-1 is not sent away for one whom the middleware of the application refuses', async () => {
    const relay = await startRelay({ plugin: { limits: { probeTimeout: 20 } } });
    relay.server.use((socket, go) => go(socket.handshake.auth.token ? undefined : new Error('Who are you?')));
    const proxy = await startTcpProxy(relay.port);
    const alice = rawSocketTo(`http://localhost:${proxy.port}`, { auth: { clientId: 'alice', token: 't' } });
    await next(alice, 'connect');
    proxy.stall();
    onTestFinished(() => proxy.resume());
    const mallory = relay.rawSocket({ auth: { clientId: 'alice' }, reconnection: false });
    await next(mallory, 'connect_error');
    expect(relay.server.getSocketIdByClientId('alice')).toBe(alice.id);
  });
});

describe('a connection that is recovered', () => {
  it('R-1 one that goes away while it is asked who it is, is waited for no longer', async () => {
    const signals: AbortSignal[] = [];
    const relay = await startRelay({
      plugin: {
        authenticate: (_handshake, { signal }) => {
          signals.push(signal);
          return new Promise<string>((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new P2PError('AUTH_FAILED', 'Too late')));
          });
        },
      },
    });
    const socket = relay.rawSocket({ auth: { clientId: 'alice' }, reconnection: false });
    await expect.poll(() => signals.length).toBe(1);
    socket.io.engine.close();
    await expect.poll(() => relay.server.engine.clientsCount).toBe(0);
    expect(signals[0]?.aborted).toBe(true);
  });
});
