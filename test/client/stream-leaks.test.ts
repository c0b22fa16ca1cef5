import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Socket } from 'socket.io-client';
import { expect, it } from 'vitest';
import { P2PError } from '../../src/protocol/p2p-error.js';
import { codeOf, next, startRelay, type TestClient, type TestRelay } from '../support/relay.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of heap in use, after everything that can go has gone. */
async function heapInUse(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

interface Clients {
  readonly relay: TestRelay;
  readonly alice: TestClient;
  readonly bob: TestClient;
  readonly carol: TestClient;
  readonly anna: Socket;
}

/** Opens a stream, uses it and ends it. Bob's end is told by the metadata how it is to end. */
type Way = (clients: Clients) => Promise<unknown>;

const closed = (duplex: { readonly closed: boolean }) =>
  duplex.closed ? undefined : new Promise((resolve) => (duplex as never as NodeJS.EventEmitter).once('close', resolve));

const WAYS: Record<string, Way> = {
  'both ends finish': async ({ alice }) => {
    const duplex = await alice.addP2pStream('bob', { metadata: 'echo' });
    duplex.end('hello');
    duplex.resume();
    await once(duplex, 'close');
  },
  'the opener destroys it': async ({ alice }) => {
    const duplex = await alice.addP2pStream('bob', { metadata: 'echo' });
    duplex.write('hello');
    duplex.destroy();
    await closed(duplex);
  },
  'the opener destroys it with an error and data under way': async ({ alice }) => {
    const duplex = await alice.addP2pStream('bob', { metadata: 'hold', objectMode: true });
    duplex.on('error', () => {});
    for (let count = 0; count < 5; count++) duplex.write({ count, text: 'x'.repeat(1_000) });
    duplex.destroy(new P2PError('EVENT_NOT_ALLOWED', 'enough'));
    await closed(duplex);
  },
  'the acceptor destroys it': async ({ alice }) => {
    // At once: it may be over before it is handed out.
    const duplex = await alice.addP2pStream('bob', { metadata: 'destroy' }).catch(() => undefined);
    duplex?.on('error', () => {});
    duplex?.resume();
    if (duplex) await closed(duplex);
  },
  'it is refused': async ({ alice }) => {
    expect(await codeOf(alice.addP2pStream('bob', { metadata: 'refuse' }))).toBe('STREAM_REFUSED');
  },
  'opening it is given up': async ({ alice }) => {
    const controller = new AbortController();
    const opening = codeOf(alice.addP2pStream('bob', { metadata: 'never', signal: controller.signal }));
    controller.abort();
    expect(await opening).toBe('ABORTED');
  },
  'a signal ends it': async ({ alice }) => {
    const controller = new AbortController();
    const duplex = await alice.addP2pStream('bob', { metadata: 'echo', signal: controller.signal });
    duplex.on('error', () => {});
    controller.abort();
    await closed(duplex);
  },
  'a web stream is closed': async ({ alice }) => {
    const stream = await alice.openStream('bob', { metadata: 'echo' });
    await stream.writable.close();
    for await (const _ of stream.readable);
    await stream.closed;
  },
  'a web stream is reset': async ({ alice }) => {
    const stream = await alice.openStream('bob', { metadata: 'hold' });
    const write = codeOf(stream.writable.getWriter().write(new Uint8Array(300_000)));
    stream.reset();
    await Promise.all([write, codeOf(stream.closed)]);
  },
  'the server opens it': async ({ relay }) => {
    const duplex = await relay.server.addStreamAsClient('bob', { metadata: 'echo' });
    duplex.end('hello');
    duplex.resume();
    await once(duplex, 'close');
  },
  'a plain client opens it': async ({ anna }) => {
    const body = { connectionInfo: { targetClientId: 'bob' }, metadata: 'hold' };
    const { args } = await anna.emitWithAck('MULTI_API_CREATE_STREAM', body);
    const streamId = args[0].connectionInfo.sourceStreamId;
    await anna.emitWithAck('MULTI_API_STREAM_CHUNK', { streamId, chunk: 'hello' });
    await anna.emitWithAck('MULTI_API_STREAM_DESTROY', { streamId });
  },
  'a plain client accepts it': async ({ alice }) => {
    const duplex = await alice.addP2pStream('anna');
    duplex.end('hello');
    duplex.resume();
    await closed(duplex);
  },
};

function acceptEverything(bob: TestClient): void {
  bob.onAddP2pStream(
    {
      accept: ({ metadata }) =>
        metadata === 'never' ? new Promise<boolean>(() => {}) : metadata === 'refuse' ? 'no' : true,
    },
    (duplex, { metadata }) => {
      duplex.on('error', () => {});
      if (metadata === 'echo') duplex.pipe(duplex);
      if (metadata === 'destroy') duplex.destroy(new Error('no'));
    },
  );
}

/** Takes all chunks, and ends when the other side does. */
function acceptPlainly(anna: Socket): void {
  anna.on('MULTI_API_CREATE_STREAM', (_body, accept) => accept());
  anna.on('MULTI_API_STREAM_CHUNK', (_body, taken) => taken());
  anna.on('MULTI_API_STREAM_END', ({ streamId }) => anna.emit('MULTI_API_STREAM_END', { streamId }));
}

/** A client that opens streams and is lost, in one of two ways, and comes back. */
async function comeAndGo({ carol, bob }: Clients, round: number): Promise<void> {
  const ends = await Promise.all(
    Array.from({ length: 50 }, () => carol.addP2pStream('bob', { metadata: round % 2 ? 'hold' : 'echo' })),
  );
  for (const end of ends) {
    end.on('error', () => {});
    end.write('hello');
  }
  const lost = Promise.all(ends.map(closed));
  if (round % 2) carol.io.engine.close();
  else carol.disconnect();
  await lost;
  const back = next(carol, 'connect');
  if (round % 2 === 0) carol.connect();
  await back;
  await Promise.all([bob, carol].map((client) => client.isClientConnected('bob')));
  carol.errors.length = 0;
}

it('CS-4 10,000 streams opened and ended in every way leave the heap where it was', { timeout: 120_000 }, async () => {
  const relay = await startRelay();
  const [alice, bob] = [await relay.connect('alice'), await relay.connect('bob')];
  const [carol, anna] = [await relay.connect('carol'), await relay.connectPlain('anna')];
  const clients = { relay, alice, bob, carol, anna };
  acceptEverything(clients.bob);
  acceptPlainly(clients.anna);
  const ways = Object.values(WAYS);
  const run = async (count: number) => {
    for (let done = 0; done < count; ) {
      const batch = Array.from({ length: 50 }, (_, index) => ways[(done + index) % ways.length]!(clients));
      await Promise.all(batch);
      done += batch.length;
      if (done % 500 === 0) await comeAndGo(clients, done / 500);
      clients.alice.errors.length = 0;
      clients.bob.errors.length = 0;
    }
  };
  await run(6_000);
  const before = await heapInUse();
  await run(10_000);
  const grown = (await heapInUse()) - before;
  // What V8 keeps varies by some 600 KB; streams that stay would be 10 MB.
  expect(grown).toBeLessThan(2_000_000);
});
