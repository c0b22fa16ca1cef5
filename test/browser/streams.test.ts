import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { expect, it } from 'vitest';
import type { AcceptOptions, DuplexOptions, IncomingStream } from '../../src/client/index.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { codeOf, next, startRelay, type TestClient } from '../support/relay.js';
import { describeInChromium } from './chromium.js';
import { pattern } from './page/pattern.js';
import { openPageClient } from './page-client.js';

const SIZE = 4 * 1_048_576;
const TRANSPORTS = ['websocket', 'polling'] as const;

describeInChromium('streams in a browser', (openPage) => {
  it.each(TRANSPORTS)('CS-1 openStream carries megabytes to a Node client and back, by %s', async (transport) => {
    const relay = await startRelay();
    const node = await relay.connect('node');
    const page = await openPageClient(openPage, relay, { clientId: 'page', transport });
    const accepted = nextStream(node);
    const inPage = page.evaluate(async (size) => {
      const { client, collect, pattern, sha256 } = window.p2p;
      const stream = await client.openStream('node', { metadata: { name: 'photo', bytes: new Uint8Array([1, 2]) } });
      const sent = new Blob([pattern(size, 1)]).stream().pipeTo(stream.writable);
      const received = await collect(stream.readable);
      await sent;
      await stream.closed;
      return { size: received.length, sha256: await sha256(received), peer: stream.peer, objects: stream.objectMode };
    }, SIZE);
    const { stream, incoming } = await accepted;
    expect(incoming).toEqual({
      from: 'page',
      metadata: { name: 'photo', bytes: Buffer.from([1, 2]) },
      objectMode: false,
    });
    stream.end(pattern(SIZE, 2));
    expect((await readAll(stream)).equals(pattern(SIZE, 1))).toBe(true);
    expect(await inPage).toEqual({ size: SIZE, sha256: sha256(pattern(SIZE, 2)), peer: 'node', objects: false });
  });

  it.each(TRANSPORTS)('CS-1 acceptStreams takes megabytes of a Node client and answers, by %s', async (transport) => {
    const relay = await startRelay();
    const node = await relay.connect('node');
    const page = await openPageClient(openPage, relay, { clientId: 'page', transport });
    await page.evaluate(() => {
      const { client, collect, pattern } = window.p2p;
      client.acceptStreams(async ({ peer, metadata, readable, writable }) => {
        const received = await collect(readable);
        const ours = pattern(received.length, Number(metadata));
        const isRight = received.every((byte, index) => byte === ours[index]);
        const writer = writable.getWriter();
        await writer.write(`${peer}: ${received.length} bytes, ${isRight} `);
        await writer.write(pattern(received.length, 4));
        await writer.close();
      });
    });
    const stream = await node.addP2pStream('page', { metadata: 3 });
    stream.end(pattern(SIZE, 3));
    const answer = await buffer(stream);
    const words = Buffer.from(`node: ${SIZE} bytes, true `);
    expect(answer.subarray(0, words.length).toString()).toBe(words.toString());
    expect(answer.subarray(words.length).equals(pattern(SIZE, 4))).toBe(true);
  });

  it('CS-3 a page that has ended its direction goes on reading', async () => {
    const relay = await startRelay();
    const node = await relay.connect('node');
    const page = await openPageClient(openPage, relay, { clientId: 'page' });
    const accepted = nextStream(node);
    const inPage = page.evaluate(async () => {
      const { client, collect } = window.p2p;
      const stream = await client.openStream('node');
      await stream.writable.close();
      const received = await collect(stream.readable);
      await stream.closed;
      return new TextDecoder().decode(received);
    });
    const { stream } = await accepted;
    expect((await readAll(stream)).length).toBe(0);
    stream.write('still ');
    stream.end('here');
    expect(await inPage).toBe('still here');
  });

  it('CS-3 a page goes on writing to one that has ended its direction', async () => {
    const relay = await startRelay();
    const node = await relay.connect('node');
    const page = await openPageClient(openPage, relay, { clientId: 'page' });
    const accepted = nextStream(node);
    const inPage = page.evaluate(async () => {
      const { client, collect } = window.p2p;
      const stream = await client.openStream('node');
      const { length } = await collect(stream.readable);
      const writer = stream.writable.getWriter();
      await writer.write(`after ${length} bytes`);
      await writer.close();
      await stream.closed;
    });
    const { stream } = await accepted;
    stream.end('that is all');
    expect(await text(stream)).toBe('after 11 bytes');
    await inPage;
  });

  it.each(['reset', 'abort', 'cancel'] as const)(
    'CS-4 what a page ends by %s fails in Node, with its code',
    async (way) => {
      const relay = await startRelay();
      const node = await relay.connect('node');
      const page = await openPageClient(openPage, relay, { clientId: 'page' });
      const accepted = nextStream(node);
      const inPage = page.evaluate(async (way) => {
        const stream = await window.p2p.client.openStream('node');
        const closed = stream.closed.catch(({ code, message }) => ({ code, message }));
        const error = Object.assign(new Error('The battery is empty'), { code: 'E_BATTERY' });
        if (way === 'reset') stream.reset(error);
        else if (way === 'abort') await stream.writable.abort(error);
        else await stream.readable.cancel(error);
        return closed;
      }, way);
      const error = await failureOf((await accepted).stream);
      expect(error).toMatchObject({
        code: 'STREAM_RESET',
        message: 'The battery is empty',
        details: { code: 'E_BATTERY' },
      });
      expect(await inPage).toEqual({ code: 'STREAM_RESET', message: 'The battery is empty' });
    },
  );

  it('CS-4 what Node destroys fails in the page, with its code', async () => {
    const relay = await startRelay();
    const node = await relay.connect('node');
    const page = await openPageClient(openPage, relay, { clientId: 'page' });
    const accepted = nextStream(node);
    const inPage = page.evaluate(async () => {
      const stream = await window.p2p.client.openStream('node');
      const writer = stream.writable.getWriter();
      await writer.write('It is open');
      const outcomes = [stream.closed, stream.readable.getReader().read(), writer.closed];
      return Promise.all(
        outcomes.map((outcome) =>
          outcome.then(
            () => 'no error',
            ({ name, code, message, details }) => ({ name, code, message, details }),
          ),
        ),
      );
    });
    const { stream } = await accepted;
    stream.on('error', () => {});
    await next(stream, 'data');
    stream.destroy(Object.assign(new Error('The disk is full'), { code: 'ENOSPC' }));
    const failure = {
      name: 'P2PError',
      code: 'STREAM_RESET',
      message: 'The disk is full',
      details: { code: 'ENOSPC' },
    };
    expect(await inPage).toEqual([failure, failure, failure]);
  });

  it('R-3 an AbortSignal of a page gives up opening, and later ends the stream at both ends', async () => {
    const relay = await startRelay();
    const node = await relay.connect('node');
    const page = await openPageClient(openPage, relay, { clientId: 'page' });
    const asked = new Promise<void>((resolve) => {
      node.onAddP2pStream({ accept: () => new Promise(() => resolve()) }, () => {});
    });
    await page.exposeFunction('wasAsked', () => asked);
    const opening = page.evaluate(async () => {
      const controller = new AbortController();
      const opening = window.p2p.client.openStream('node', { signal: controller.signal });
      const code = opening.catch((error) => error.code);
      await (window as unknown as { wasAsked(): Promise<void> }).wasAsked();
      controller.abort();
      return code;
    });
    expect(await opening).toBe('ABORTED');
    node.offAddP2pStream();
    const accepted = nextStream(node);
    const later = page.evaluate(async () => {
      const controller = new AbortController();
      const stream = await window.p2p.client.openStream('node', { signal: controller.signal });
      const code = stream.closed.catch((error) => error.code);
      controller.abort();
      return code;
    });
    expect(await failureOf((await accepted).stream)).toMatchObject({ code: 'ABORTED' });
    expect(await later).toBe('ABORTED');
  });

  it('CS-1 an acceptor refuses with a reason, in Node and in a page', async () => {
    const relay = await startRelay();
    const node = await relay.connect('node');
    const page = await openPageClient(openPage, relay, { clientId: 'page' });
    const failure = () =>
      page.evaluate(() =>
        window.p2p.client.openStream('node', { metadata: { size: 9 } }).then(
          () => 'no error',
          ({ code, message }) => ({ code, message }),
        ),
      );
    expect(await failure()).toMatchObject({ code: 'NO_LISTENER' });
    node.onAddP2pStream({ accept: ({ metadata }) => `${JSON.stringify(metadata)} is too large` }, () => {});
    expect(await failure()).toEqual({ code: 'STREAM_REFUSED', message: '{"size":9} is too large' });

    expect(await codeOf(node.addP2pStream('page'))).toBe('NO_LISTENER');
    await page.evaluate(() => {
      window.p2p.client.acceptStreams({ accept: async ({ from }) => `not from ${from}` }, () => {});
    });
    await expect(node.addP2pStream('page')).rejects.toMatchObject({ code: 'STREAM_REFUSED', message: 'not from node' });
  });

  it('CS-3 objects cross in both directions, each as it was written', async () => {
    const relay = await startRelay();
    const node = await relay.connect('node');
    const page = await openPageClient(openPage, relay, { clientId: 'page' });
    const accepted = nextStream(node);
    const inPage = page.evaluate(async () => {
      const stream = await window.p2p.client.openStream('node', { objectMode: true });
      const writer = stream.writable.getWriter();
      for (const value of [1, 'two', { three: [3, { bytes: new Uint8Array([3, 3, 3]) }] }, false]) {
        await writer.write(value);
      }
      await writer.write('x'.repeat(300_000));
      await writer.close();
      const reader = stream.readable.getReader();
      const first = (await reader.read()).value as { bytes: unknown };
      const second = (await reader.read()).value as string;
      const { done } = await reader.read();
      await stream.closed;
      return { bytes: first.bytes instanceof Uint8Array && [...first.bytes], length: second.length, done };
    });
    const { stream, incoming } = await accepted;
    expect(incoming.objectMode).toBe(true);
    stream.write({ bytes: Buffer.from([1, 2, 3]) });
    stream.end('y'.repeat(300_000));
    const values: unknown[] = [];
    for await (const value of stream.iterator({ destroyOnReturn: false })) values.push(value);
    expect(values.slice(0, -1)).toEqual([1, 'two', { three: [3, { bytes: Buffer.from([3, 3, 3]) }] }, false]);
    expect(values.at(-1)).toBe('x'.repeat(300_000));
    expect(await inPage).toEqual({ bytes: [1, 2, 3], length: 300_000, done: true });
  });

  it('CS-3 a page that writes waits for the one that reads', async () => {
    const relay = await startRelay();
    const node = await relay.connect('node');
    const page = await openPageClient(openPage, relay, { clientId: 'page' });
    const maxWindow = 131_072;
    const accepted = nextStream(node, { maxWindow, highWaterMark: 0 });
    let written = 0;
    await page.exposeFunction('wrote', (length: number) => {
      written += length;
    });
    const inPage = page.evaluate(async (size) => {
      const stream = await window.p2p.client.openStream('node');
      const writer = stream.writable.getWriter();
      const bytes = window.p2p.pattern(size, 5);
      for (let start = 0; start < size; start += 16_384) {
        await writer.write(bytes.subarray(start, start + 16_384));
        await (window as unknown as { wrote(length: number): Promise<void> }).wrote(16_384);
      }
      await writer.close();
    }, SIZE);
    const { stream } = await accepted;
    // Nobody reads: it writes as much as the window takes, and no more.
    await expect.poll(() => written).toBeGreaterThan(maxWindow / 2);
    await node.isClientConnected('page');
    expect(written).toBeLessThanOrEqual(maxWindow);
    stream.end();
    expect((await buffer(stream)).equals(pattern(SIZE, 5))).toBe(true);
    await inPage;
    expect(written).toBe(SIZE);
  });

  it("CC-1 Socket.IO's minified build, with other names inside, will do", async () => {
    const relay = await startRelay();
    const node = await relay.connect('node');
    node.onAny('add', (_senderId, a, b, ack) => ack(a + b));
    node.onAddP2pStream({ accept: ({ from }) => `not from ${from}` }, () => {});
    const page = await openPageClient(openPage, relay, { clientId: 'page', minified: true });
    expect(await page.evaluate(() => window.p2p.client.emitToWithAck('node', 'add', 1, 2))).toBe(3);
    const refusal = page.evaluate(() => window.p2p.client.openStream('node').catch(({ message }) => message));
    expect(await refusal).toBe('not from page');
  });

  it('CS-1 a page has no Duplex: it is told to use openStream', async () => {
    const relay = await startRelay();
    const node = await relay.connect('node');
    node.onAddP2pStream(() => expect.unreachable());
    const page = await openPageClient(openPage, relay, { clientId: 'page' });
    const failures = await page.evaluate(async () => {
      const { client } = window.p2p;
      const opening = await client.addP2pStream('node').catch((error) => error);
      let accepting: { code?: string; message?: string } = {};
      try {
        client.onAddP2pStream(() => {});
      } catch (error) {
        accepting = error as Error;
      }
      return [opening, accepting].map(({ code, message }) => ({ code, message }));
    });
    expect(failures).toEqual([
      { code: 'UNSUPPORTED', message: expect.stringContaining('openStream') },
      { code: 'UNSUPPORTED', message: expect.stringContaining('acceptStreams') },
    ]);
  });

  it.each(TRANSPORTS)('SS-2 closing a page ends its streams in Node with PEER_GONE, by %s', async (transport) => {
    // Where no poll is open when the page goes, the server learns of it by a ping that nobody answers.
    const relay = await startRelay({ socketIo: { pingInterval: 1_000, pingTimeout: 5_000 } });
    const node = await relay.connect('node');
    const page = await openPageClient(openPage, relay, { clientId: 'page', transport });
    await page.evaluate(() => window.p2p.client.acceptStreams(() => {}));
    const accepted = nextStream(node);
    await page.evaluate(async () => {
      const stream = await window.p2p.client.openStream('node');
      await stream.writable.getWriter().write('hello');
    });
    const theirs = (await accepted).stream;
    const ours = await node.addP2pStream('page');
    expect(String((await once(theirs, 'data'))[0])).toBe('hello');
    const failures = Promise.all([failureOf(theirs), failureOf(ours)]);
    await page.close();
    expect(await failures).toMatchObject([
      { code: 'PEER_GONE', details: { clientId: 'page' } },
      { code: 'PEER_GONE', details: { clientId: 'page' } },
    ]);
  });

  it('SS-2 a page hears that a Node client has gone, and that its own link is lost', async () => {
    const relay = await startRelay();
    const node = await relay.connect('node');
    const stays = await relay.connect('stays');
    const page = await openPageClient(openPage, relay, { clientId: 'page' });
    const both = [nextStream(node), nextStream(stays)];
    const inPage = page.evaluate(async () => {
      const { client } = window.p2p;
      const streams = [await client.openStream('node'), await client.openStream('stays')];
      return Promise.all(streams.map(({ closed }) => closed.catch(({ code, details }) => ({ code, details }))));
    });
    await Promise.all(both);
    const gone = relay.server.getSocketByClientId('page');
    node.disconnect();
    // The page has heard of it before its own link is cut.
    await page.waitForFunction(async () => !(await window.p2p.client.isClientConnected('node')));
    gone?.disconnect(true);
    expect(await inPage).toMatchObject([{ code: 'PEER_GONE', details: { clientId: 'node' } }, { code: 'LINK_DOWN' }]);
  });
});

/** The next stream that somebody opens to the client. */
function nextStream(
  client: TestClient,
  options: AcceptOptions & DuplexOptions = {},
): Promise<{ stream: Duplex; incoming: IncomingStream }> {
  return new Promise((resolve) => {
    const stop = client.onAddP2pStream(options, (stream, incoming) => {
      stop();
      resolve({ stream, incoming });
    });
  });
}

/** All that is left; unlike a loop over the stream itself it leaves the other direction alone. */
function readAll(stream: Duplex): Promise<Buffer> {
  return buffer(stream.iterator({ destroyOnReturn: false }));
}

/** The error with which a stream ends. */
async function failureOf(stream: Duplex): Promise<P2PError> {
  return finished(stream.resume()).then(
    () => expect.unreachable('It has ended well'),
    (error) => error,
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
