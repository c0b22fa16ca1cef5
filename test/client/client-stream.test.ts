import { once } from 'node:events';
import { Duplex, finished, PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { P2PError } from '../../src/protocol/p2p-error.js';
import { codeOf, next, settled, startRelay, thrownBy } from '../support/relay.js';
import { collect, failureOf, nextStream, openPair, startClients, startStream } from '../support/streams.js';

/** Bytes that tell where they stand. */
function pattern(length: number, seed = 1): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) * seed + seed) & 255));
}

describe('opening and accepting', () => {
  it('CS-1 the acceptor learns who asks, in which mode and what about, and both get a Node Duplex', async () => {
    const { alice, bob } = await startClients();
    const accepted = nextStream(bob);
    const near = await alice.addP2pStream('bob', { metadata: { name: 'a.txt', bytes: Buffer.from([1]) } });
    const { duplex: far, incoming } = await accepted;
    expect(incoming).toEqual({
      from: 'alice',
      metadata: { name: 'a.txt', bytes: Buffer.from([1]) },
      objectMode: false,
    });
    for (const duplex of [near, far]) expect(duplex).toBeInstanceOf(Duplex);
  });

  it('CS-1 to a client that is not there: CLIENT_NOT_FOUND; to one that accepts none: NO_LISTENER', async () => {
    const { alice, bob } = await startClients();
    expect(await codeOf(alice.addP2pStream('nobody'))).toBe('CLIENT_NOT_FOUND');
    expect(await codeOf(alice.addP2pStream('bob'))).toBe('NO_LISTENER');
    bob.onAddP2pStream(() => {});
    await alice.addP2pStream('bob');
    bob.offAddP2pStream();
    bob.offAddP2pStream();
    expect(await codeOf(alice.addP2pStream('bob'))).toBe('NO_LISTENER');
  });

  it('CS-1 one acceptor at a time, and stopping an old one does not stop the new one', async () => {
    const { alice, bob } = await startClients();
    const stop = bob.onAddP2pStream(() => {});
    expect(thrownBy(() => bob.onAddP2pStream(() => {}))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => bob.acceptStreams(() => {}))).toBe('INVALID_ARGUMENT');
    stop();
    bob.acceptStreams(() => {});
    stop();
    await alice.addP2pStream('bob');
  });

  it.each([
    ['false', () => false, 'STREAM_REFUSED', 'The stream was refused'],
    ['a reason', () => 'no room', 'STREAM_REFUSED', 'no room'],
    ['a reason, later', async () => 'no room', 'STREAM_REFUSED', 'no room'],
    [
      'a P2PError',
      () => {
        throw new P2PError('EVENT_NOT_ALLOWED', 'not you');
      },
      'EVENT_NOT_ALLOWED',
      'not you',
    ],
  ])('CS-1 an acceptor refuses by %s', async (_name, accept, code, message) => {
    const { alice, bob } = await startClients();
    const accepted = vi.fn();
    bob.onAddP2pStream({ accept }, accepted);
    await expect(alice.addP2pStream('bob')).rejects.toMatchObject({ code, message });
    expect([accepted.mock.calls, bob.errors]).toEqual([[], []]);
  });

  it('CS-1 a decision made at once counts before the next one: no two streams for one place', async () => {
    const { alice, bob } = await startClients();
    let taken = false;
    bob.onAddP2pStream({ accept: () => (taken ? 'taken' : true) }, () => {
      taken = true;
    });
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => alice.addP2pStream('bob')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it.each([undefined, null, 0, '', 'no', false, {}, 1])('R-1 what is not a clear yes is a no: %j', async (verdict) => {
    const { alice, bob } = await startClients();
    const accepted = vi.fn();
    // biome-ignore lint/suspicious/noThenProperty: promises of other libraries are no instances of Promise
    const thenable = { then: (tell: (value: unknown) => void) => tell(verdict) };
    for (const accept of [() => verdict, async () => verdict, () => thenable]) {
      const stop = bob.onAddP2pStream({ accept: accept as never }, accepted);
      expect(await codeOf(alice.addP2pStream('bob'))).toBe('STREAM_REFUSED');
      stop();
    }
    expect(accepted).not.toHaveBeenCalled();
  });

  it('CS-4 a handler that reads everything and then fails has failed for the opener too', async () => {
    const { alice, bob } = await startClients();
    bob.onAddP2pStream(async (duplex) => {
      await text(duplex);
      duplex.destroy();
      await settled(bob);
      throw new Error('database down');
    });
    const near = await alice.addP2pStream('bob');
    near.resume();
    near.end('to be stored');
    expect((await failureOf(near)).code).toBe('HANDLER_FAILED');
    bob.offAddP2pStream();
    bob.onAddP2pStream(async (duplex) => {
      await text(duplex);
      duplex.destroy();
    });
    const good = await alice.addP2pStream('bob');
    good.resume();
    good.end('to be stored');
    await once(good, 'close');
    expect([good.readableEnded, good.errored]).toEqual([true, null]);
  });

  it('CS-4 a Duplex that cannot be made fails the stream for both', async () => {
    const { alice, bob } = await startClients();
    const Duplex = class {
      constructor() {
        throw new Error('secret');
      }
    };
    bob.onAddP2pStream({ Duplex: Duplex as never }, () => {});
    expect(await codeOf(alice.addP2pStream('bob').then(failureOf, (error) => Promise.reject(error)))).toMatch(
      /HANDLER_FAILED|no error/,
    );
    expect(bob.errors.map(({ code }) => code)).toEqual(['HANDLER_FAILED']);
  });

  it('CS-1 an accept function that fails refuses without telling why, and the acceptor is told', async () => {
    const { alice, bob } = await startClients();
    bob.onAddP2pStream(
      {
        accept: async () => {
          throw new Error('secret');
        },
      },
      () => {},
    );
    await expect(alice.addP2pStream('bob')).rejects.toMatchObject({
      code: 'HANDLER_FAILED',
      message: expect.not.stringContaining('secret'),
    });
    expect(bob.errors.map(({ code }) => code)).toEqual(['HANDLER_FAILED']);
  });

  it('CS-4 a callback that fails resets the stream it was given, and its client is told', async () => {
    const { alice, bob } = await startClients();
    bob.onAddP2pStream(() => {
      throw new Error('secret');
    });
    const failure = alice.addP2pStream('bob').then(failureOf, (error: P2PError) => error);
    expect(await failure).toMatchObject({ code: 'HANDLER_FAILED' });
    expect(bob.errors.map(({ code }) => code)).toEqual(['HANDLER_FAILED']);
  });

  it('CS-1 an acceptor that names a mode refuses the other', async () => {
    const { alice, bob } = await startClients();
    bob.onAddP2pStream({ objectMode: true }, () => {});
    expect(await codeOf(alice.addP2pStream('bob'))).toBe('STREAM_REFUSED');
    const near = await alice.addP2pStream('bob', { objectMode: true });
    expect(near.readableObjectMode).toBe(true);
  });

  it('R-3 an acceptor that does not decide: TIMEOUT, and its later decision opens nothing', async () => {
    const { alice, bob } = await startClients();
    let decide: (verdict: boolean) => void = () => {};
    const accepted = vi.fn();
    const verdict = new Promise<boolean>((resolve) => {
      decide = resolve;
    });
    bob.onAddP2pStream({ accept: () => verdict }, accepted);
    expect(await codeOf(alice.with({ timeout: 50 }).addP2pStream('bob'))).toBe('TIMEOUT');
    await settled(bob);
    decide(true);
    await settled(alice, bob);
    expect(accepted).not.toHaveBeenCalled();
  });

  it('R-3 a signal gives up opening, and destroys the open stream at both ends with ABORTED', async () => {
    const { alice, bob } = await startClients();
    bob.onAddP2pStream({ accept: () => new Promise(() => {}) }, () => {});
    const early = new AbortController();
    const opening = codeOf(alice.addP2pStream('bob', { signal: early.signal }));
    early.abort();
    expect(await opening).toBe('ABORTED');
    expect(await codeOf(alice.addP2pStream('bob', { signal: early.signal }))).toBe('ABORTED');
    await settled(alice, bob);
    bob.offAddP2pStream();
    const late = new AbortController();
    const { near, far } = await openPair({ alice, bob }, { signal: late.signal });
    const failures = [failureOf(near), failureOf(far)];
    late.abort();
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(['ABORTED', 'ABORTED']);
  });

  it('R-3 callbacks: values only in a plain call, the error first through with()', async () => {
    const { alice, bob } = await startClients();
    bob.onAddP2pStream({ objectMode: true }, () => {});
    const plain = await new Promise((resolve) => alice.addP2pStream('bob', { objectMode: true }, resolve));
    expect(plain).toBeInstanceOf(Duplex);
    const view = alice.with({ timeout: 1_000 });
    const error = await new Promise((resolve) => view.addP2pStream('bob', resolve));
    expect(error).toMatchObject({ code: 'STREAM_REFUSED' });
    const raising = next<[P2PError]>(alice, 'SERVER_ERROR');
    void alice.addP2pStream('bob', {}, () => {});
    const [raised] = await raising;
    expect(raised.code).toBe('STREAM_REFUSED');
  });

  it.each([
    null,
    'text',
    { objectMode: 1 },
    { highWaterMark: -1 },
    { highWaterMark: '5' },
    { readableHighWaterMark: 1.5 },
    { writableHighWaterMark: Number.NaN },
    { allowHalfOpen: 'no' },
    { maxWindow: 131_071 },
    { maxWindow: 16_777_217 },
    { maxObjectSize: 0 },
    { signal: {} },
    { Duplex: {} },
    { timeout: 5 },
    { metadata: () => {} },
  ])('R-2 options that are wrong, %j, are refused where the call is made', async (options) => {
    const { alice, bob } = await startClients();
    bob.onAddP2pStream(() => {});
    expect(await codeOf(alice.addP2pStream('bob', options as object))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(alice.openStream('bob', options as object))).toBe('INVALID_ARGUMENT');
  });

  it('R-2 an acceptor with wrong arguments is refused where the call is made', async () => {
    const { bob } = await startClients();
    for (const args of [[], [{}], [{ accept: true }, () => {}], [{ maxWindow: 5 }, () => {}], [null, () => {}]]) {
      const accept = bob.onAddP2pStream as (...args: unknown[]) => unknown;
      expect([args, thrownBy(() => accept(...args))]).toEqual([args, 'INVALID_ARGUMENT']);
    }
    expect(thrownBy(() => bob.acceptStreams({ objectMode: 'x' } as never, () => {}))).toBe('INVALID_ARGUMENT');
  });

  it('CS-1 without node:stream the Duplex forms fail with UNSUPPORTED, or take a class', async () => {
    const { alice, bob } = await startClients();
    const builtin = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    expect(thrownBy(() => bob.onAddP2pStream(() => {}))).toBe('UNSUPPORTED');
    await expect(alice.addP2pStream('bob')).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('openStream'),
    });
    class OwnDuplex extends Duplex {}
    const { near, far } = await openPair({ alice, bob }, { Duplex: OwnDuplex }, { Duplex: OwnDuplex } as object);
    builtin.mockRestore();
    expect([near, far].every((duplex) => duplex instanceof OwnDuplex)).toBe(true);
  });
});

describe('the Duplex', () => {
  it('CS-3 bytes of any size arrive as they were written, in both directions at once', async () => {
    const { near, far } = await startStream();
    const sizes = [1, 2, 1_023, 1_024, 16_384, 64_999, 65_000, 65_001, 65_536, 200_000, 1_000_003, 3];
    const chunks = sizes.map((size, index) => pattern(size, index + 1));
    const received = [collect(near), collect(far)];
    await Promise.all([pipeline(Readable.from(chunks), near), pipeline(Readable.from(chunks.toReversed()), far)]);
    const [back, forth] = await Promise.all(received);
    expect(forth?.equals(Buffer.concat(chunks))).toBe(true);
    expect(back?.equals(Buffer.concat(chunks.toReversed()))).toBe(true);
  });

  it('CS-3 takes strings in any encoding and any Uint8Array, and gives Buffers', async () => {
    const { near, far } = await startStream();
    near.write('grüße ');
    near.write('c0ffee', 'hex');
    near.write(new Uint8Array(new Uint8Array([9, 1, 2, 9]).buffer, 1, 2));
    near.write('');
    near.end(Buffer.from('!'));
    const all = await collect(far);
    expect(
      all.equals(Buffer.concat([Buffer.from('grüße '), Buffer.from([0xc0, 0xff, 0xee, 1, 2]), Buffer.from('!')])),
    ).toBe(true);
    const [chunk] = await new Promise<[unknown]>((resolve) => {
      near.once('data', (data) => resolve([data]));
      far.end('x');
    });
    expect(Buffer.isBuffer(chunk)).toBe(true);
  });

  it('CS-3 setEncoding gives strings, with no character cut', async () => {
    const { near, far } = await startStream();
    far.setEncoding('utf8');
    const said = '€'.repeat(50_000);
    near.end(said);
    let heard = '';
    for await (const part of far) heard += part;
    expect(heard).toBe(said);
  });

  it('CS-3 half-close: after one end the other direction goes on, and everything before an end arrives', async () => {
    const { near, far } = await startStream();
    near.end('question');
    expect(String(await collect(far))).toBe('question');
    expect([near.writableFinished, near.readableEnded, near.destroyed, far.destroyed]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    far.write('part one, ');
    far.end('part two');
    expect(String(await collect(near))).toBe('part one, part two');
    await Promise.all([near, far].map((duplex) => duplex.closed || once(duplex, 'close')));
    expect([near.errored, far.errored]).toEqual([null, null]);
  });

  it('CS-3 who reads everything, writes nothing and leaves has ended the stream, not broken it', async () => {
    const { near, far } = await startStream();
    near.end('to be read');
    near.resume();
    expect(await text(far)).toBe('to be read');
    // Up to 22, Node has done so when its iteration is over.
    far.destroy();
    await once(near, 'close');
    expect([far.destroyed, near.readableEnded, near.errored]).toEqual([true, true, null]);
  });

  it('CS-3 with allowHalfOpen: false one end ends the other', async () => {
    const { near, far } = await startStream({}, { allowHalfOpen: false });
    near.end('x');
    far.resume();
    near.resume();
    await Promise.all([once(near, 'close'), once(far, 'close')]);
    expect([near.readableEnded, far.writableFinished]).toEqual([true, true]);
  });

  it('CS-3 nothing is written after the end', async () => {
    const { near, far } = await startStream();
    near.end('x');
    const failure = failureOf(near);
    near.write('y');
    expect((await failure).code).toBe('ERR_STREAM_WRITE_AFTER_END');
    const heard: Buffer[] = [];
    far.on('data', (data: Buffer) => heard.push(data));
    await failureOf(far);
    expect(Buffer.concat(heard).toString()).toMatch(/^x?$/);
  });

  it.each([
    ['a P2PError', new P2PError('EVENT_NOT_ALLOWED', 'not that'), { code: 'EVENT_NOT_ALLOWED', message: 'not that' }],
    [
      'an error of the system',
      Object.assign(new Error('disk full'), { code: 'ENOSPC' }),
      { code: 'STREAM_RESET', message: 'disk full', details: { code: 'ENOSPC' } },
    ],
    ['no error', undefined, { code: 'STREAM_RESET', message: 'The stream was destroyed' }],
  ])('CS-4 destroy with %s reaches the other end, from either side', async (_name, error, expected) => {
    const scene = await startStream();
    const other = await openPair(scene);
    for (const [here, there] of [
      [scene.near, scene.far],
      [other.far, other.near],
    ] as const) {
      here.on('error', () => {});
      const failure = failureOf(there);
      here.destroy(error);
      expect(await failure).toMatchObject(expected);
      expect(there.destroyed).toBe(true);
    }
  });

  it('CS-4 neither does one for which only pipe() listens, which would throw it again', async () => {
    const { alice, bob } = await startClients();
    bob.onAddP2pStream((duplex) => duplex.pipe(duplex));
    const duplex = await alice.addP2pStream('bob');
    duplex.write('echo');
    await once(duplex, 'data');
    duplex.destroy();
    await expect.poll(() => bob.errors.map(({ code }) => code)).toEqual(['STREAM_RESET']);
    await settled(bob);
  });

  it('CS-4 an error that nobody listens for ends no process: SERVER_ERROR tells it, and the stream is closed', async () => {
    const { near, far, bob } = await startStream();
    const raised = next<[P2PError]>(bob, 'SERVER_ERROR');
    const closed = new Promise((resolve) => far.on('close', resolve));
    near.destroy();
    expect((await raised)[0].code).toBe('STREAM_RESET');
    await closed;
    const [error] = await new Promise<[unknown]>((resolve) => finished(far, (...args) => resolve([args[0]])));
    expect(error).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
  });

  it('CS-4 a data listener that throws ends the stream at both ends with HANDLER_FAILED, not the process', async () => {
    const { near, far } = await startStream();
    const failures = [failureOf(near), failureOf(far)];
    far.on('data', () => {
      throw new Error('secret');
    });
    near.write('x');
    for (const failure of failures) {
      expect(await failure).toMatchObject({ code: 'HANDLER_FAILED', message: expect.not.stringContaining('secret') });
    }
  });

  it('CS-3 pipeline through transforms, and its error reaches the other end', async () => {
    const { near, far } = await startStream();
    const broken = new PassThrough();
    const failure = failureOf(far);
    far.resume();
    const done = pipeline(broken, near);
    broken.write('x');
    broken.destroy(Object.assign(new Error('gone'), { code: 'EIO' }));
    await expect(done).rejects.toMatchObject({ code: 'EIO' });
    expect(await failure).toMatchObject({ code: 'STREAM_RESET' });
  });

  it('CS-3 async iteration, and leaving it early destroys the stream at both ends', async () => {
    const { near, far } = await startStream();
    const failure = failureOf(near);
    near.write('one');
    for await (const chunk of far) {
      expect(String(chunk)).toBe('one');
      break;
    }
    expect((await failure).code).toMatch(/ABORTED|STREAM_RESET/);
  });

  it('CS-3 highWaterMark is the user’s, for both sides or for one', async () => {
    const { near } = await startStream({ readableHighWaterMark: 5, writableHighWaterMark: 7 });
    expect([near.readableHighWaterMark, near.writableHighWaterMark]).toEqual([5, 7]);
  });

  it('CS-3 a reader that does not read stops the writer, not the relay; when it reads, everything arrives', async () => {
    const { near, far, alice } = await startStream({}, { maxWindow: 131_072 });
    const chunk = pattern(65_536);
    let written = 0;
    let blocked = false;
    const write = () => {
      while (written < 100 && !blocked) {
        written++;
        blocked = !near.write(chunk);
      }
    };
    near.on('drain', () => {
      blocked = false;
      write();
      if (written === 100) near.end();
    });
    write();
    // Whatever could still move has moved when a message has gone there and back.
    for (let round = 0; round < 5; round++) await settled(alice);
    expect(written).toBeLessThan(10);
    const all = await buffer(far);
    expect(all.length).toBe(100 * chunk.length);
    expect(all.subarray(99 * chunk.length).equals(chunk)).toBe(true);
  });

  it('CS-2 many streams between two clients, each with its own data and its own end', async () => {
    const { alice, bob } = await startClients();
    bob.onAddP2pStream((duplex, { metadata }) => {
      duplex.end(`echo ${metadata}`);
      duplex.resume();
    });
    const replies = Array.from({ length: 100 }, async (_, index) => {
      const duplex = await alice.addP2pStream('bob', { metadata: index });
      duplex.end();
      return text(duplex);
    });
    expect(await Promise.all(replies)).toEqual(Array.from({ length: 100 }, (_, index) => `echo ${index}`));
  });

  it('CS-2 both open to each other at the same time, and to themselves', async () => {
    const { alice, bob } = await startClients();
    for (const client of [alice, bob]) client.onAddP2pStream((duplex) => duplex.pipe(duplex));
    const streams = await Promise.all([
      alice.addP2pStream('bob'),
      bob.addP2pStream('alice'),
      alice.addP2pStream('alice'),
    ]);
    for (const [index, duplex] of streams.entries()) duplex.end(`stream ${index}`);
    expect(await Promise.all(streams.map((duplex) => text(duplex)))).toEqual(['stream 0', 'stream 1', 'stream 2']);
  });
});

describe('object mode', () => {
  it('CS-3 each value arrives as it was written, with bytes in it, and one at a time', async () => {
    const { near, far } = await startStream({ objectMode: true });
    const values = [1, 'two', false, { three: [3, { deep: true }] }, ['four', Buffer.from([4])], '', 0];
    for (const value of values) near.write(value);
    near.end();
    const heard: unknown[] = [];
    for await (const value of far) heard.push(value);
    expect(heard).toEqual(values);
  });

  it('CS-3 objects larger than a packet or than the window come in parts', async () => {
    const { near, far } = await startStream({ objectMode: true }, { maxWindow: 131_072 });
    const values = [{ text: '€'.repeat(200_000), bytes: pattern(300_000) }, pattern(700_000), 'x'.repeat(1_000_000)];
    for (const value of values) near.write(value);
    near.end();
    const heard: unknown[] = [];
    for await (const value of far) heard.push(value);
    // In Node bytes are Buffers, also those that came in parts.
    expect(heard.every((value, index) => isDeepStrictEqual(value, values[index]))).toBe(true);
    expect(heard).toHaveLength(values.length);
  });

  it('CS-3 an object of maxObjectSize passes, one byte more fails at the writer', async () => {
    const scene = await startStream({ objectMode: true, maxObjectSize: 1_000 }, { maxObjectSize: 1_000 });
    const fits = 'x'.repeat(1_000 - '[""]'.length);
    scene.near.write(fits);
    expect((await once(scene.far, 'data'))[0]).toBe(fits);
    const failure = failureOf(scene.near);
    scene.near.write(`${fits}x`);
    expect((await failure).code).toBe('PAYLOAD_TOO_LARGE');
  });

  it('CS-3 an object beyond what the receiver takes resets the stream at both ends', async () => {
    const { near, far } = await startStream({ objectMode: true }, { maxObjectSize: 1_000 });
    const failures = [failureOf(near), failureOf(far)];
    near.write('x'.repeat(100_000));
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(['PAYLOAD_TOO_LARGE', 'PAYLOAD_TOO_LARGE']);
  });

  it.each([
    ['what JSON writes as null', () => Number.NaN],
    ['a BigInt', () => 5n],
  ])('R-2 %s is refused at the writer', async (_name, create) => {
    const { near } = await startStream({ objectMode: true });
    const failure = failureOf(near);
    near.write(create());
    expect((await failure).code).toBe('INVALID_ARGUMENT');
  });
});

describe('when something is lost', () => {
  it('SS-2 a client that disconnects ends its streams at the other clients with PEER_GONE', async () => {
    const { near, far, alice, bob } = await startStream();
    const second = await openPair({ alice, bob });
    const failures = [near, second.near].map(failureOf);
    const own = [far, second.far].map(failureOf);
    bob.disconnect();
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(['PEER_GONE', 'PEER_GONE']);
    expect((await Promise.all(own)).map(({ code }) => code)).toEqual(['LINK_DOWN', 'LINK_DOWN']);
  });

  it('CC-2 a client that lost its link has no streams when it is back, and can open new ones', async () => {
    const { near, far, alice, bob } = await startStream();
    const failures = [failureOf(near), failureOf(far)];
    alice.io.engine.close();
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(['LINK_DOWN', 'PEER_GONE']);
    await next(alice, 'connect');
    const again = await openPair({ alice, bob });
    again.near.end('hello again');
    expect(await text(again.far)).toBe('hello again');
  });

  it('CS-4 a server that closes ends all of them', async () => {
    const { near, far, relay } = await startStream();
    const failures = [failureOf(near), failureOf(far)];
    await relay.server.close();
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual([
      'LINK_DOWN',
      expect.stringMatching(/LINK_DOWN|PEER_GONE/),
    ]);
  });

  it('SS-2 a client that leaves while it is asked settles the opener at once', async () => {
    const { alice, bob } = await startClients();
    const asked = new Promise<void>((resolve) => {
      bob.onAddP2pStream(
        {
          accept: () => {
            resolve();
            return new Promise<boolean>(() => {});
          },
        },
        () => {},
      );
    });
    const opening = codeOf(alice.addP2pStream('bob'));
    await asked;
    bob.disconnect();
    expect(await opening).toBe('PEER_GONE');
  });

  it('CS-3 what had arrived before a clean end is read, though the sender has left', async () => {
    const { near, far, alice, bob } = await startStream();
    far.end();
    near.resume();
    near.end(pattern(100_000));
    await once(near, 'close');
    await settled(alice);
    alice.disconnect();
    await settled(bob);
    expect((await buffer(far)).equals(pattern(100_000))).toBe(true);
  });

  it('CS-3 CM-2 what is sent right before a disconnect arrives: the end of a stream, and a message', async () => {
    const { near, far, alice, bob } = await startStream();
    near.resume();
    far.end();
    const received = collect(far);
    const message = new Promise((resolve) => bob.onAny('bye', (_from, text) => resolve(text)));
    near.end('to the last byte');
    await once(near, 'finish');
    alice.emitTo('bob', 'bye', 'last words');
    alice.disconnect();
    expect(String(await received)).toBe('to the last byte');
    expect(await message).toBe('last words');
  });

  it('a small server limit cuts chunks smaller', async () => {
    const relay = await startRelay({ socketIo: { maxHttpBufferSize: 10_000 } });
    const [alice, bob] = [await relay.connect('alice'), await relay.connect('bob')];
    const { near, far } = await openPair({ alice, bob });
    near.end(pattern(100_000));
    expect((await buffer(far)).equals(pattern(100_000))).toBe(true);
  });

  it('R-2 a server limit too small for any stream: PAYLOAD_TOO_LARGE on either side', async () => {
    const relay = await startRelay({ socketIo: { maxHttpBufferSize: 7_000 } });
    const [alice, bob] = [await relay.connect('alice'), await relay.connect('bob')];
    bob.onAddP2pStream(() => {});
    expect(await codeOf(alice.addP2pStream('bob'))).toBe('PAYLOAD_TOO_LARGE');
    expect(await codeOf(relay.server.addStreamAsClient('bob'))).toBe('PAYLOAD_TOO_LARGE');
  });

  it('CS-3 over polling', async () => {
    const relay = await startRelay();
    const polling = { transports: ['polling'] };
    const [alice, bob] = [await relay.connect('alice', polling), await relay.connect('bob', polling)];
    const { near, far } = await openPair({ alice, bob });
    near.end(pattern(400_000));
    expect((await buffer(far)).equals(pattern(400_000))).toBe(true);
  });
});
