import { once } from 'node:events';
import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { codeOf, next, plainSettled, settled, startRelay } from '../support/relay.js';
import { collect, failureOf, nextStream } from '../support/streams.js';

type Body = { streamId: number; chunk?: unknown; error?: { code: string; message: string } };

const CREATE = 'MULTI_API_CREATE_STREAM';
const CHUNK = 'MULTI_API_STREAM_CHUNK';
const END = 'MULTI_API_STREAM_END';
const DESTROY = 'MULTI_API_STREAM_DESTROY';

async function scene() {
  const relay = await startRelay();
  return { ...relay, alice: await relay.connect('alice'), anna: await relay.connectPlain('anna') };
}

/** What a plain client is sent on its streams; chunks are acknowledged at once. */
function record(socket: Socket) {
  const heard: { chunks: unknown[]; ends: number; errors: string[] } = { chunks: [], ends: 0, errors: [] };
  socket.on(CHUNK, ({ chunk }: Body, taken: () => void) => {
    heard.chunks.push(chunk);
    taken();
  });
  socket.on(END, () => {
    heard.ends++;
  });
  socket.on(DESTROY, ({ error }: Body) => heard.errors.push(error?.code ?? ''));
  return heard;
}

const ask = (socket: Socket, event: string, body: object) => socket.emitWithAck(event, body);
const connectTo = (targetClientId: string) => ({ connectionInfo: { targetClientId } });

describe('streams of clients without the plugin: one chunk, one acknowledgement', () => {
  it('SS-1 a plain client opens a stream: the target accepts, and connectionInfo names both ends', async () => {
    const { alice, anna } = await scene();
    const accepted = nextStream(alice);
    const body = { connectionInfo: { targetClientId: 'alice', sourceClientId: 'somebody else' }, metadata: { n: 1 } };
    const { args } = await ask(anna, CREATE, body);
    const { incoming, duplex } = await accepted;
    expect(incoming).toEqual({ from: 'anna', metadata: { n: 1 }, objectMode: false });
    expect(args[0].connectionInfo).toMatchObject({ sourceClientId: 'anna', targetClientId: 'alice' });
    const { sourceStreamId, targetStreamId } = args[0].connectionInfo;
    expect([Number.isInteger(sourceStreamId), Number.isInteger(targetStreamId)]).toEqual([true, true]);
    const heard = record(anna);
    const received = collect(duplex);
    for (const chunk of ['one ', Buffer.from('two '), new Uint8Array([0x33])]) {
      expect(await ask(anna, CHUNK, { streamId: sourceStreamId, chunk })).toEqual({ args: [] });
    }
    expect(await ask(anna, END, { streamId: sourceStreamId })).toEqual({ args: [] });
    expect(String(await received)).toBe('one two 3');
    duplex.end('answer');
    await once(duplex, 'close');
    await settled(alice);
    await plainSettled(anna);
    expect(heard).toEqual({ chunks: [Buffer.from('answer')], ends: 1, errors: [] });
  });

  it('SS-1 a plain client accepts by acknowledging, and refuses by {error}', async () => {
    const { alice, anna } = await scene();
    anna.once(CREATE, ({ connectionInfo, metadata, objectMode }, accept) => {
      expect(connectionInfo).toMatchObject({ sourceClientId: 'alice', targetClientId: 'anna' });
      expect([metadata, objectMode]).toEqual(['about', true]);
      accept();
    });
    const heard = record(anna);
    const near = await alice.addP2pStream('anna', { metadata: 'about', objectMode: true });
    near.write({ n: 1, b: Buffer.from('b') });
    near.end('last');
    await new Promise((resolve) => anna.once(END, resolve));
    expect(heard.chunks).toEqual([{ n: 1, b: Buffer.from('b') }, 'last']);
    anna.once(CREATE, (_body, answer) => answer({ error: { message: 'busy' } }));
    await expect(alice.addP2pStream('anna')).rejects.toMatchObject({ code: 'STREAM_REFUSED', message: 'busy' });
  });

  it('SS-1 one that does not answer: TIMEOUT; one that leaves: PEER_GONE', async () => {
    const { alice, anna } = await scene();
    expect(await codeOf(alice.with({ timeout: 30 }).addP2pStream('anna'))).toBe('TIMEOUT');
    const asked = next(anna, CREATE);
    const opening = codeOf(alice.addP2pStream('anna'));
    await asked;
    anna.disconnect();
    expect(await opening).toBe('PEER_GONE');
  });

  it('SS-1 the sender waits for each acknowledgement, and everything arrives in order', async () => {
    const { alice, anna } = await scene();
    anna.once(CREATE, (_body, accept) => accept());
    const open: (() => void)[] = [];
    const heard: Buffer[] = [];
    anna.on(CHUNK, ({ chunk }: Body, taken: () => void) => {
      heard.push(chunk as Buffer);
      open.push(taken);
    });
    const near = await alice.addP2pStream('anna');
    const bytes = Buffer.alloc(1_000_000, 'abcdefg');
    near.end(bytes);
    while (Buffer.concat(heard).length < bytes.length) {
      await settled(alice);
      await plainSettled(anna);
      expect(open.length).toBeLessThanOrEqual(1);
      open.pop()?.();
    }
    expect(Buffer.concat(heard).equals(bytes)).toBe(true);
  });

  it('SS-1 a chunk is acknowledged when there was credit for it, so that a plain sender waits for the reader', async () => {
    const { alice, anna } = await scene();
    const accepted = nextStream(alice);
    const { args } = await ask(anna, CREATE, connectTo('alice'));
    const { sourceStreamId } = args[0].connectionInfo;
    const { duplex } = await accepted;
    let sent = 0;
    const sending = (async () => {
      for (; sent < 40; sent++) await ask(anna, CHUNK, { streamId: sourceStreamId, chunk: Buffer.alloc(60_000) });
      await ask(anna, END, { streamId: sourceStreamId });
    })();
    for (let round = 0; round < 5; round++) await plainSettled(anna);
    expect(sent).toBeLessThan(6);
    expect((await collect(duplex)).length).toBe(40 * 60_000);
    await sending;
  });

  it('SS-1 an end that is sent before the last acknowledgement comes after the chunk', async () => {
    const { alice, anna } = await scene();
    const accepted = nextStream(alice);
    const { args } = await ask(anna, CREATE, connectTo('alice'));
    const streamId = args[0].connectionInfo.sourceStreamId;
    const { duplex } = await accepted;
    const sent = [ask(anna, CHUNK, { streamId, chunk: Buffer.alloc(600_000) }), ask(anna, END, { streamId })];
    await plainSettled(anna);
    expect((await collect(duplex)).length).toBe(600_000);
    expect(await Promise.all(sent)).toEqual([{ args: [] }, { args: [] }]);
  });

  it('SS-1 SS-3 bytes stay in order where both ends are in the server, one chunk under way at a time', async () => {
    const { anna, connectPlain, server } = await scene();
    const ben = await connectPlain('ben');
    const bytes = Buffer.from(Uint32Array.from({ length: 225_000 }, (_, index) => index).buffer);
    let atBen = 0;
    const heard: Buffer[] = [];
    let underWay = 0;
    ben.on(CREATE, ({ connectionInfo }, accept) => {
      atBen = connectionInfo.targetStreamId;
      accept();
    });
    ben.on(CHUNK, ({ chunk }: Body, taken: () => void) => {
      heard.push(chunk as Buffer);
      expect(++underWay).toBe(1);
      setImmediate(() => {
        underWay--;
        taken();
      });
    });
    const ended = () => new Promise((resolve) => ben.once(END, resolve));
    const { args } = await ask(anna, CREATE, connectTo('ben'));
    const streamId = args[0].connectionInfo.sourceStreamId;
    const end = ended();
    await ask(anna, CHUNK, { streamId, chunk: bytes });
    await ask(anna, END, { streamId });
    await end;
    expect(Buffer.concat(heard).equals(bytes)).toBe(true);
    heard.length = 0;
    const duplex = await server.addStreamAsClient('ben');
    const received = collect(duplex);
    const endOfServer = ended();
    duplex.end(bytes);
    await ask(ben, CHUNK, { streamId: atBen, chunk: bytes });
    await ask(ben, END, { streamId: atBen });
    await endOfServer;
    expect((await received).equals(bytes)).toBe(true);
    expect(Buffer.concat(heard).equals(bytes)).toBe(true);
  });

  it('SS-1 a plain opener knows its stream before anything comes on it, and both ends name the same numbers', async () => {
    const { alice, anna } = await scene();
    await alice.isClientConnected('anna');
    alice.onAddP2pStream((duplex) => {
      duplex.resume();
      duplex.end();
    });
    const events: string[] = [];
    anna.on(END, ({ streamId }: Body) => events.push(`end ${streamId}`));
    const known = await new Promise<number>((resolve) =>
      anna.emit(CREATE, connectTo('alice'), ({ args }: { args: [{ connectionInfo: { sourceStreamId: number } }] }) => {
        events.push('created');
        resolve(args[0].connectionInfo.sourceStreamId);
      }),
    );
    await settled(alice);
    await plainSettled(anna);
    expect(events).toEqual(['created', `end ${known}`]);
  });

  it('CS-4 a plain client that leaves with a chunk unacknowledged leaves nothing, though the stream has ended', async () => {
    const { alice, anna, server } = await scene();
    anna.once(CREATE, (_body, accept) => accept());
    const socket = server.getSocketByClientId('anna');
    const asked = next<[Body]>(anna, CHUNK);
    const near = await alice.addP2pStream('anna');
    near.resume();
    near.end('never acknowledged');
    const [{ streamId }] = await asked;
    await ask(anna, END, { streamId });
    if (!near.closed) await once(near, 'close');
    const { acks } = socket as unknown as { acks: Map<number, unknown> };
    expect(acks.size).toBe(1);
    const gone = next(socket!, 'disconnect');
    anna.disconnect();
    await gone;
    expect(acks.size).toBe(0);
  });

  it('threats: what waits for credit of plain senders is bounded over all their streams', async () => {
    const { alice, anna } = await scene();
    alice.onAddP2pStream((duplex) => duplex.on('error', () => {}));
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { args } = await ask(anna, CREATE, connectTo('alice'));
        return args[0].connectionInfo.sourceStreamId as number;
      }),
    );
    const chunk = Buffer.alloc(900_000);
    const outcomes = ids.map((streamId) => ask(anna, CHUNK, { streamId, chunk }));
    expect((await Promise.race(outcomes)).error.code).toBe('QUEUE_FULL');
  });

  it('SS-1 between two plain clients', async () => {
    const { anna, connectPlain } = await scene();
    const ben = await connectPlain('ben');
    let atBen = 0;
    ben.once(CREATE, ({ connectionInfo }, accept) => {
      atBen = connectionInfo.targetStreamId;
      accept();
    });
    const [heardAnna, heardBen] = [record(anna), record(ben)];
    const { args } = await ask(anna, CREATE, { ...connectTo('ben'), objectMode: true });
    const { sourceStreamId, targetStreamId } = args[0].connectionInfo;
    expect(Number.isInteger(targetStreamId)).toBe(true);
    await ask(anna, CHUNK, { streamId: sourceStreamId, chunk: { to: 'ben' } });
    await ask(ben, CHUNK, { streamId: atBen, chunk: { to: 'anna' } });
    await ask(anna, END, { streamId: sourceStreamId });
    await ask(ben, END, { streamId: atBen });
    await plainSettled(anna, ben);
    expect(heardAnna).toEqual({ chunks: [{ to: 'anna' }], ends: 1, errors: [] });
    expect(heardBen).toEqual({ chunks: [{ to: 'ben' }], ends: 1, errors: [] });
  });

  it('CS-4 either side destroys it, with its reason', async () => {
    const { alice, anna } = await scene();
    const open = async () => {
      const accepted = nextStream(alice);
      const { args } = await ask(anna, CREATE, connectTo('alice'));
      return { id: args[0].connectionInfo.sourceStreamId as number, duplex: (await accepted).duplex };
    };
    for (const [error, expected] of [
      [
        { code: 'EVENT_NOT_ALLOWED', message: 'no', details: {} },
        { code: 'EVENT_NOT_ALLOWED', message: 'no' },
      ],
      [{ message: 'broken' }, { code: 'STREAM_RESET', message: 'broken' }],
      [undefined, { code: 'STREAM_RESET' }],
    ]) {
      const { id, duplex } = await open();
      const failure = failureOf(duplex);
      expect(await ask(anna, DESTROY, { streamId: id, error })).toEqual({ args: [] });
      expect(await failure).toMatchObject(expected!);
      expect((await ask(anna, CHUNK, { streamId: id, chunk: 'x' })).error.code).toBe('STREAM_NOT_FOUND');
    }
    const { id, duplex } = await open();
    duplex.on('error', () => {});
    const told = next<[Body]>(anna, DESTROY);
    duplex.destroy(Object.assign(new Error('full'), { code: 'ENOSPC' }));
    expect((await told)[0]).toMatchObject({ streamId: id, error: { code: 'STREAM_RESET', message: 'full' } });
  });

  it('SS-2 when the other side is lost a plain client is told once, and its streams are gone', async () => {
    const { alice, anna } = await scene();
    const accepted = nextStream(alice);
    const { args } = await ask(anna, CREATE, connectTo('alice'));
    await accepted;
    const told = next<[Body]>(anna, DESTROY);
    alice.disconnect();
    expect((await told)[0].error?.code).toBe('PEER_GONE');
    const { sourceStreamId } = args[0].connectionInfo;
    expect((await ask(anna, END, { streamId: sourceStreamId })).error.code).toBe('STREAM_NOT_FOUND');
  });

  it('SS-2 a plain client that leaves ends its streams, with a chunk under way too', async () => {
    const { alice, anna } = await scene();
    anna.once(CREATE, (_body, accept) => accept());
    const near = await alice.addP2pStream('anna');
    const failure = failureOf(near);
    const asked = next(anna, CHUNK);
    near.write('never acknowledged');
    await asked;
    anna.disconnect();
    expect((await failure).code).toBe('PEER_GONE');
  });

  it('R-2 what is wrong is told to its sender, and ends that stream alone', async () => {
    const { alice, anna } = await scene();
    const opened: number[] = [];
    alice.onAddP2pStream((duplex) => {
      duplex.resume();
      duplex.on('error', () => {});
    });
    for (let count = 0; count < 3; count++) {
      opened.push((await ask(anna, CREATE, connectTo('alice'))).args[0].connectionInfo.sourceStreamId);
    }
    const [first, second, third] = opened as [number, number, number];
    const code = async (event: string, body: unknown) => (await anna.emitWithAck(event, body)).error?.code;
    for (const body of [null, 5, {}, { connectionInfo: {} }, { connectionInfo: { targetClientId: 5 } }]) {
      expect([body, await code(CREATE, body)]).toEqual([body, 'INVALID_ARGUMENT']);
    }
    expect(await code(CREATE, { ...connectTo('alice'), objectMode: 'yes' })).toBe('INVALID_ARGUMENT');
    expect(await code(CREATE, connectTo('nobody'))).toBe('CLIENT_NOT_FOUND');
    for (const event of [CHUNK, END, DESTROY]) {
      for (const streamId of [undefined, null, '1', 1.5, {}]) {
        expect(await code(event, { streamId, chunk: 'x' })).toBe('INVALID_ARGUMENT');
      }
      expect(await code(event, { streamId: 999, chunk: 'x' })).toBe('STREAM_NOT_FOUND');
    }
    expect(await code(CHUNK, { streamId: first, chunk: { no: 'bytes' } })).toBe('INVALID_ARGUMENT');
    expect(await code(CHUNK, { streamId: first, chunk: 'x' })).toBe('STREAM_NOT_FOUND');
    const big = Buffer.alloc(300_000);
    const twice = [code(CHUNK, { streamId: second, chunk: big }), code(CHUNK, { streamId: second, chunk: big })];
    expect(await Promise.all(twice)).toContain('STREAM_VIOLATION');
    expect(await ask(anna, CHUNK, { streamId: third, chunk: 'fine' })).toEqual({ args: [] });
    anna.emit(CREATE, connectTo('alice'));
    expect((await next<[{ code: string }]>(anna, 'SERVER_ERROR'))[0].code).toBe('INVALID_ARGUMENT');
  });

  it('R-1 JSON nested deep in a chunk or in metadata harms nobody', async () => {
    const { alice, anna } = await scene();
    anna.io.engine.write(
      `29["${CREATE}",${JSON.stringify(connectTo('alice')).slice(0, -1)},"metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}}]`,
    );
    const accepted = nextStream(alice);
    const { args } = await ask(anna, CREATE, { ...connectTo('alice'), objectMode: true });
    const { sourceStreamId } = args[0].connectionInfo;
    const failure = failureOf((await accepted).duplex);
    anna.io.engine.write(
      `2["${CHUNK}",{"streamId":${sourceStreamId},"chunk":${'['.repeat(100_000)}${']'.repeat(100_000)}}]`,
    );
    expect((await failure).code).toBe('INVALID_ARGUMENT');
    expect([alice.connected, anna.connected]).toEqual([true, true]);
  });
});
