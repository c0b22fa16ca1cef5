import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTcpProxy, type TcpProxyOptions } from './support/tcp-proxy.js';

const MIB = 1_048_576;
/** Much longer than a test may take. */
const FOREVER = 1_000_000;
/** Only guards against a hang. */
const timeout = 30_000;

/** A target behind a proxy. */
async function setUp(options?: TcpProxyOptions) {
  const accepted: Socket[] = [];
  const target = createServer({ allowHalfOpen: true }, (socket) => accepted.push(watched(socket)));
  await once(target.listen(0), 'listening');
  const proxy = await startTcpProxy((target.address() as AddressInfo).port, options);
  onTestFinished(async () => {
    await proxy.close();
    for (const socket of accepted) socket.destroy();
    await new Promise((resolve) => target.close(resolve));
  });
  const open = () => {
    const client = watched(connect({ port: proxy.port, allowHalfOpen: true }));
    onTestFinished(() => void client.destroy());
    return client;
  };
  /** A client and the target's end of its connection. */
  const pair = async () => {
    const [client, [server]] = await Promise.all([open(), once(target, 'connection')]);
    return { client, server: server as Socket };
  };
  return { proxy, open, pair, accepted };
}

/** An error without a listener would end the test run. */
function watched(socket: Socket): Socket {
  return socket.on('error', () => {});
}

/** Collects what arrives; `until` waits for so much of it. */
function received(socket: Socket) {
  const chunks: string[] = [];
  socket.setEncoding('latin1').on('data', (chunk: string) => chunks.push(chunk));
  const all = () => chunks.join('');
  return {
    chunks,
    all,
    until: async (length: number) => {
      while (all().length < length) await once(socket, 'data');
      return all();
    },
  };
}

/** All that arrives. Other than `stream/consumers` it leaves the socket open for the other direction. */
async function everything(socket: Socket): Promise<string> {
  const { all } = received(socket);
  await once(socket, 'end');
  return all();
}

/** Waits for what no event tells. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What is not read meanwhile is held off: a turn of the event loop reads up to 64 KiB. */
async function turnsEnoughToReadItAll(each = () => {}): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    await nextTurn();
    each();
  }
}

async function codeOfError(socket: Socket): Promise<unknown> {
  const [error] = await once(socket, 'error').catch((thrown: unknown) => [thrown]);
  return (error as NodeJS.ErrnoException).code;
}

describe('the TCP proxy', { timeout }, () => {
  it('passes on bytes and ends, each direction by itself', async () => {
    const { pair } = await setUp();
    const { client, server } = await pair();
    client.end('question');
    expect(await everything(server)).toBe('question');
    server.end('answer');
    expect(await everything(client)).toBe('answer');
  });

  it('passes on a reset', async () => {
    const { pair } = await setUp();
    const { client, server } = await pair();
    const code = codeOfError(server);
    client.resetAndDestroy();
    expect(await code).toBe('ECONNRESET');
  });

  it('resets a connection whose target does not listen', async () => {
    const free = createServer();
    await once(free.listen(0), 'listening');
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const proxy = await startTcpProxy(port);
    onTestFinished(() => proxy.close());
    expect(await codeOfError(connect(proxy.port))).toBe('ECONNRESET');
  });

  it('delays each chunk', async () => {
    const { proxy, pair } = await setUp();
    const { client, server } = await pair();
    proxy.delay(50);
    const start = performance.now();
    server.once('data', (bytes) => server.write(bytes));
    client.write('there and back');
    await once(client, 'data');
    expect(performance.now() - start).toBeGreaterThanOrEqual(100);
  });

  it('keeps the order when a delay gets shorter', async () => {
    const { proxy, pair } = await setUp();
    const { client, server } = await pair();
    const up = received(server);
    proxy.delay(50);
    client.write('slow ');
    await until(() => proxy.heldBytes === 5);
    proxy.delay(0);
    client.write('fast');
    expect(await up.until(9)).toBe('slow fast');
  });

  it('delays one direction and not the other', async () => {
    const { proxy, pair } = await setUp();
    const { client, server } = await pair();
    proxy.delay(FOREVER, 'down');
    const down = received(client);
    server.write('late');
    client.write('at once');
    expect(await received(server).until(7)).toBe('at once');
    await until(() => proxy.heldBytes === 4);
    expect(down.all()).toBe('');
  });

  it('holds back one direction until it is resumed', async () => {
    const { proxy, pair } = await setUp();
    const { client, server } = await pair();
    const up = received(server);
    proxy.stall('up');
    client.write('held');
    await until(() => proxy.heldBytes === 4);
    server.write('free');
    expect(await received(client).until(4)).toBe('free');
    expect(up.all()).toBe('');
    proxy.resume();
    expect(await up.until(4)).toBe('held');
    expect(proxy.heldBytes).toBe(0);
  });

  it('makes a half-open peer: while it is stalled, the loss of one side is not told to the other', async () => {
    const { proxy, pair } = await setUp();
    const { client, server } = await pair();
    const code = codeOfError(server);
    proxy.stall();
    client.resetAndDestroy();
    await once(client, 'close');
    // Comes after the reset.
    await pair();
    expect(server.errored).toBe(null);
    expect(proxy.connections).toBe(2);
    proxy.resume();
    expect(await code).toBe('ECONNRESET');
  });

  it('drops what goes into the black hole, and nothing after it', async () => {
    const { proxy, pair } = await setUp();
    const { client, server } = await pair();
    const up = everything(server);
    proxy.blackhole('up');
    // More than the buffers of the operating system hold: what the client is rid of, the proxy has read.
    await new Promise((resolve) => client.write(Buffer.alloc(32 * MIB), resolve));
    server.write('not dropped');
    expect(await received(client).until(11)).toBe('not dropped');
    proxy.resume();
    client.end('tail');
    const arrived = await up;
    expect(arrived.length).toBeLessThan(24 * MIB);
    expect(arrived.endsWith('tail')).toBe(true);
  });

  it('drops what it had held back when the black hole opens', async () => {
    const { proxy, pair } = await setUp();
    const { client, server } = await pair();
    const up = received(server);
    proxy.stall();
    client.write('held');
    await until(() => proxy.heldBytes === 4);
    proxy.blackhole();
    expect(proxy.heldBytes).toBe(0);
    proxy.resume();
    client.write('next');
    expect(await up.until(4)).toBe('next');
  });

  it('cuts all connections by a reset on both sides, and lets new ones in', async () => {
    const { proxy, pair } = await setUp();
    const pairs = [await pair(), await pair()];
    const codes = pairs.flatMap(({ client, server }) => [codeOfError(client), codeOfError(server)]);
    proxy.cut();
    expect(await Promise.all(codes)).toEqual(Array(4).fill('ECONNRESET'));
    const { client, server } = await pair();
    client.write('again');
    expect(await received(server).until(5)).toBe('again');
  });

  it('passes bytes on in small pieces, none lost and all in order', async () => {
    const { proxy, pair } = await setUp();
    const { client, server } = await pair();
    const up = received(server);
    proxy.slice(3);
    const sent = Array.from({ length: 1_000 }, (_, index) => `${index},`).join('');
    client.write(sent);
    expect(await up.until(sent.length)).toBe(sent);
    expect(up.chunks.length).toBeGreaterThan(10);
  });

  it('takes no less time than its rate asks for', async () => {
    const { proxy, pair } = await setUp();
    const { client, server } = await pair();
    proxy.rate(1_000_000);
    const start = performance.now();
    client.end(Buffer.alloc(200_000));
    expect(await everything(server)).toHaveLength(200_000);
    // Two steps of 20 ms may go at once.
    expect(performance.now() - start).toBeGreaterThanOrEqual(150);
  });

  it('goes on at once when a low rate is lifted', async () => {
    const { proxy, pair } = await setUp();
    const { client, server } = await pair();
    proxy.rate(0.001);
    client.write('abc');
    await until(() => proxy.heldBytes === 2);
    proxy.rate(Number.POSITIVE_INFINITY);
    expect(await received(server).until(3)).toBe('abc');
  });

  it('refuses new connections while it is told to, and keeps the old', async () => {
    const { proxy, open, pair, accepted } = await setUp();
    const old = await pair();
    proxy.refuse(true);
    const refused = open();
    refused.resume();
    await once(refused, 'end');
    refused.destroy();
    expect(accepted).toHaveLength(1);
    old.client.write('still here');
    expect(await received(old.server).until(10)).toBe('still here');
    proxy.refuse(false);
    await pair();
    expect(accepted).toHaveLength(2);
  });

  it.each([1, 65_536])('holds little more than its limit of %i bytes, and loses nothing', async (bufferLimit) => {
    const { proxy, pair } = await setUp({ bufferLimit });
    const { client, server } = await pair();
    const largestRead = 65_536;
    let most = 0;
    const sample = () => {
      most = Math.max(most, proxy.heldBytes);
    };
    server.on('data', sample);
    const up = everything(server);
    proxy.stall();
    client.end(Buffer.alloc(32 * MIB, 'x'));
    await until(() => proxy.heldBytes > bufferLimit);
    await turnsEnoughToReadItAll(sample);
    expect(client.writableLength).toBeGreaterThan(0);
    proxy.resume();
    expect(await up).toHaveLength(32 * MIB);
    expect(most).toBeLessThanOrEqual(bufferLimit + largestRead);
  });

  it('reads no faster than a slow target', async () => {
    const { pair } = await setUp();
    const { client, server } = await pair();
    client.end(Buffer.alloc(64 * MIB, 'x'));
    await turnsEnoughToReadItAll();
    expect(client.writableLength).toBeGreaterThan(0);
    expect(await everything(server)).toHaveLength(64 * MIB);
  });

  it('counts its connections', async () => {
    const { proxy, pair } = await setUp();
    expect(proxy.connections).toBe(0);
    const { client, server } = await pair();
    await pair();
    expect(proxy.connections).toBe(2);
    client.end();
    server.end();
    client.resume();
    server.resume();
    await until(() => proxy.connections === 1);
  });

  it('ends its connections when it is closed, once or twice', async () => {
    const { proxy, pair } = await setUp();
    const { client, server } = await pair();
    const ends = [client, server].map((socket) => once(socket.resume(), 'end'));
    await proxy.close();
    await proxy[Symbol.asyncDispose]();
    await Promise.all(ends);
    expect(proxy.connections).toBe(0);
  });
});
