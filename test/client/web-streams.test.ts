import { describe, expect, it } from 'vitest';
import type { P2PStream } from '../../src/peer/stream-calls.js';
import { P2PError } from '../../src/protocol/p2p-error.js';
import { codeOf, settled, type TestClient } from '../support/relay.js';
import { nextStream, startClients } from '../support/streams.js';

function nextWebStream(client: TestClient, options: object = {}): Promise<P2PStream> {
  return new Promise((resolve) => {
    const stop = client.acceptStreams(options, (stream) => {
      stop();
      resolve(stream);
    });
  });
}

async function startPair(options: object = {}) {
  const clients = await startClients();
  const accepted = nextWebStream(clients.bob);
  const near = await clients.alice.openStream('bob', options);
  return { ...clients, near, far: await accepted };
}

async function readAll(readable: ReadableStream<unknown>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of readable) values.push(value);
  return values;
}

async function write(writable: WritableStream<unknown>, values: unknown[]): Promise<void> {
  const writer = writable.getWriter();
  for (const value of values) await writer.write(value);
  await writer.close();
}

describe('streams as the web has them', () => {
  it('CS-1 strings and bytes go both ways, each direction ends by itself, and closed resolves', async () => {
    const { near, far } = await startPair({ metadata: { name: 'x' } });
    expect([near.peer, near.metadata, near.objectMode]).toEqual(['bob', { name: 'x' }, false]);
    expect([far.peer, far.metadata, far.objectMode]).toEqual(['alice', { name: 'x' }, false]);
    const bytes = new Uint8Array([1, 2]);
    await write(near.writable, ['grüße ', bytes, bytes.buffer, new DataView(bytes.buffer)]);
    const heard = Buffer.concat((await readAll(far.readable)) as Uint8Array[]);
    expect(heard).toEqual(Buffer.from([...Buffer.from('grüße '), 1, 2, 1, 2, 1, 2]));
    await write(far.writable, ['bye']);
    expect(String(Buffer.concat((await readAll(near.readable)) as Uint8Array[]))).toBe('bye');
    await Promise.all([near.closed, far.closed]);
  });

  it('CS-1 a Duplex on one side, web streams on the other', async () => {
    const { alice, bob } = await startClients();
    const accepted = nextStream(bob);
    const near = await alice.openStream('bob');
    const { duplex } = await accepted;
    duplex.pipe(duplex);
    const [heard] = await Promise.all([readAll(near.readable), write(near.writable, ['a'.repeat(200_000)])]);
    expect(Buffer.concat(heard as Uint8Array[]).length).toBe(200_000);
    await near.closed;
  });

  it('CS-3 values arrive as they were written in object mode', async () => {
    const { near, far } = await startPair({ objectMode: true });
    const values = [1, { two: 2 }, 'x'.repeat(300_000)];
    const [heard] = await Promise.all([readAll(far.readable), write(near.writable, values)]);
    expect(heard).toEqual(values);
  });

  it('CS-3 a write waits until the reader has taken enough', async () => {
    const { alice, near, far } = await startPair();
    const writer = near.writable.getWriter();
    let written = 0;
    const writing = (async () => {
      for (; written < 40; written++) await writer.write(new Uint8Array(65_536));
      await writer.close();
    })();
    for (let round = 0; round < 5; round++) await settled(alice);
    expect(written).toBeLessThan(6);
    const heard = await readAll(far.readable);
    await writing;
    expect(Buffer.concat(heard as Uint8Array[]).length).toBe(40 * 65_536);
  });

  it.each([
    ['reset', (stream: P2PStream, reason: unknown) => stream.reset(reason)],
    ['cancelling the readable', (stream: P2PStream, reason: unknown) => void stream.readable.cancel(reason)],
    ['aborting the writable', (stream: P2PStream, reason: unknown) => void stream.writable.abort(reason)],
  ])('CS-4 %s ends both directions at both ends, with the reason', async (_name, end) => {
    const { near, far } = await startPair();
    const reading = codeOf(far.readable.getReader().read());
    end(near, new P2PError('EVENT_NOT_ALLOWED', 'enough'));
    expect(await reading).toBe('EVENT_NOT_ALLOWED');
    expect(await codeOf(far.writable.getWriter().write('x'))).toBe('EVENT_NOT_ALLOWED');
    expect(await codeOf(far.closed)).toBe('EVENT_NOT_ALLOWED');
    expect(await codeOf(near.closed)).toBe('EVENT_NOT_ALLOWED');
  });

  it('CS-4 what a stream of bytes cannot carry ends it at both ends with INVALID_ARGUMENT', async () => {
    const { near, far } = await startPair();
    expect(await codeOf(near.writable.getWriter().write({}))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(far.closed)).toBe('INVALID_ARGUMENT');
    expect(await codeOf(near.closed)).toBe('INVALID_ARGUMENT');
  });

  it('R-3 a signal resets the open stream', async () => {
    const controller = new AbortController();
    const { near, far } = await startPair({ signal: controller.signal });
    controller.abort();
    expect(await codeOf(near.closed)).toBe('ABORTED');
    expect(await codeOf(far.closed)).toBe('ABORTED');
  });

  it('SS-2 a lost peer fails all that is waiting, and nothing is left unhandled where nobody looks', async () => {
    const { bob, near } = await startPair();
    const reading = codeOf(near.readable.getReader().read());
    bob.disconnect();
    expect(await reading).toBe('PEER_GONE');
    expect(await codeOf(near.closed)).toBe('PEER_GONE');
  });

  it('CS-4 an acceptor whose callback fails resets the stream', async () => {
    const { alice, bob } = await startClients();
    bob.acceptStreams(async () => {
      throw new Error('secret');
    });
    // It may fail before it has been handed out.
    expect(await codeOf(alice.openStream('bob').then(({ closed }) => closed))).toBe('HANDLER_FAILED');
    expect(bob.errors.map(({ code }) => code)).toEqual(['HANDLER_FAILED']);
  });
});
