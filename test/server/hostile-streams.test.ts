import type { Duplex } from 'node:stream';
import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { readEnvelope } from '../../src/protocol/envelope.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import type { Packet, PacketType } from '../../src/protocol/packet.js';
import { next, settled, startRelay, type TestClient, type TestRelay } from '../support/relay.js';
import { failureOf, nextStream } from '../support/streams.js';

/** A packet as a hostile client writes it: whatever it likes. */
function sendPacket(socket: Socket, data: unknown, header: readonly unknown[]): void {
  socket.io.engine.write(`2${JSON.stringify(['P2P', data, header])}`);
}

function packetsTo(socket: Socket): Packet[] {
  const packets: Packet[] = [];
  socket.on('P2P', (data: unknown, header: unknown) => packets.push(readEnvelope(data, header)));
  return packets;
}

function ofType<T extends PacketType>(packets: Packet[], type: T): Extract<Packet, { type: T }>[] {
  return packets.filter((packet) => packet.type === type) as Extract<Packet, { type: T }>[];
}

interface Mallory {
  readonly socket: Socket;
  /** What the router sent. */
  readonly packets: Packet[];
  /** Whatever was sent before has been handled, and what it led to has arrived. */
  settled(): Promise<void>;
}

/** A plugin client without the plugin: nothing is sent for it. */
async function connectMallory({ rawSocket }: TestRelay): Promise<Mallory> {
  const socket = rawSocket({ auth: { clientId: 'mallory', p2p: { version: 1, secret: 's' } } });
  const packets = packetsTo(socket);
  await next(socket, 'P2P');
  let asked = 1_000;
  return {
    socket,
    packets,
    settled: async () => {
      const id = ++asked;
      sendPacket(socket, null, ['connected', id, 'mallory']);
      while (!packets.some((packet) => packet.type === 'reply' && packet.id === id)) await next(socket, 'P2P');
    },
  };
}

/**
 * Mallory, a plugin client whose packets are written by hand, has a stream to alice, who has another one to ben that
 * must not notice anything.
 */
async function scene(mode: 'bytes' | 'objects' = 'objects') {
  const relay = await startRelay();
  const [alice, ben] = [await relay.connect('alice'), await relay.connect('ben')];
  const { socket: mallory, packets, settled: settle } = await connectMallory(relay);
  const accepted = nextStream(alice);
  const honestNear = await ben.addP2pStream('alice');
  const honestFar = (await accepted).duplex;
  const opened = nextStream(alice);
  sendPacket(mallory, '[]', ['open', 'alice', 0, 7, 10_000, mode, 131_072, 0]);
  const { duplex } = await opened;
  await settle();
  const honest = async () => {
    await settle();
    await settled(alice, ben);
    const arrived = new Promise((resolve) => honestFar.once('data', (data) => resolve(String(data))));
    honestNear.write('still fine');
    expect(await arrived).toBe('still fine');
    expect([alice.connected, ben.connected, mallory.connected]).toEqual([true, true, true]);
  };
  return { relay, alice, ben, mallory, packets, settle, duplex, honest };
}

/** What mallory was told of the end of a stream. */
function resetsTo(packets: Packet[]): [number, string][] {
  return ofType(packets, 'reset').map(({ stream, payload }) => [stream, payload.error.code]);
}

async function failureAt(alice: TestClient, duplex: Duplex, act: () => void): Promise<P2PError> {
  const failure = failureOf(duplex);
  act();
  await settled(alice);
  return failure;
}

describe('hostile packets on streams', () => {
  it('CS-1 written by hand, the protocol works as documented', async () => {
    const { mallory, packets, duplex, honest } = await scene();
    const [opened] = ofType(packets, 'opened');
    expect(opened).toMatchObject({ peer: 'alice', id: 7, credit: 0 });
    expect(ofType(packets, 'credit')).toEqual([{ type: 'credit', stream: 7, credit: 16_384, probe: 0 }]);
    const heard = new Promise((resolve) => duplex.once('data', resolve));
    sendPacket(mallory, '[{"n":1}]', ['data', 7, 0, 0]);
    expect(await heard).toEqual({ n: 1 });
    const ended = new Promise((resolve) => duplex.once('end', resolve));
    sendPacket(mallory, null, ['finish', 7]);
    duplex.resume();
    await ended;
    await honest();
  });

  it.each<[string, string, (mallory: Socket) => void]>([
    [
      'data beyond the credit',
      'STREAM_VIOLATION',
      (mallory) => {
        for (let count = 0; count < 3; count++) {
          sendPacket(mallory, JSON.stringify(['x'.repeat(60_000)]), ['data', 7, 0, 0]);
        }
      },
    ],
    [
      'data after the end',
      'STREAM_VIOLATION',
      (mallory) => {
        sendPacket(mallory, null, ['finish', 7]);
        sendPacket(mallory, '[1]', ['data', 7, 0, 0]);
      },
    ],
    [
      'an end after the end',
      'STREAM_VIOLATION',
      (mallory) => {
        sendPacket(mallory, null, ['finish', 7]);
        sendPacket(mallory, null, ['finish', 7]);
      },
    ],
    [
      'more credit than a stream may have',
      'STREAM_VIOLATION',
      (mallory) => sendPacket(mallory, null, ['credit', 7, 16_777_216, 0]),
    ],
    [
      'credit repeated until it is too much',
      'STREAM_VIOLATION',
      (mallory) => {
        for (let count = 0; count < 130; count++) sendPacket(mallory, null, ['credit', 7, 131_072, 0]);
      },
    ],
    ['an object that is not JSON', 'PAYLOAD_INVALID', (mallory) => sendPacket(mallory, '[{"n":', ['data', 7, 0, 0])],
    ['an object that is null', 'PAYLOAD_INVALID', (mallory) => sendPacket(mallory, '[null]', ['data', 7, 0, 0])],
    ['two objects in one', 'PAYLOAD_INVALID', (mallory) => sendPacket(mallory, '[1,2]', ['data', 7, 0, 0])],
    ['no object', 'PAYLOAD_INVALID', (mallory) => sendPacket(mallory, '[]', ['data', 7, 0, 0])],
    [
      'an object nested deeper than any may be',
      'PAYLOAD_INVALID',
      (mallory) => sendPacket(mallory, '['.repeat(5_000) + ']'.repeat(5_000), ['data', 7, 0, 0]),
    ],
    [
      'a part too short to be honest',
      'STREAM_VIOLATION',
      (mallory) => {
        mallory.io.engine.write('51-["P2P",{"_placeholder":true,"num":0},["part",7,0,1]]');
        mallory.io.engine.write(Buffer.alloc(1_023));
      },
    ],
    ['negative credit', 'PACKET_INVALID', (mallory) => sendPacket(mallory, null, ['credit', 7, -1, 0])],
    ['huge credit', 'PACKET_INVALID', (mallory) => sendPacket(mallory, null, ['credit', 7, 1e15, 0])],
    ['credit that is text', 'PACKET_INVALID', (mallory) => sendPacket(mallory, null, ['credit', 7, 'all', 0])],
    ['data without a payload', 'PACKET_INVALID', (mallory) => sendPacket(mallory, null, ['data', 7, 0, 1])],
    ['too many fields', 'PACKET_INVALID', (mallory) => sendPacket(mallory, null, ['finish', 7, 7])],
    ['a part that is text', 'STREAM_VIOLATION', (mallory) => sendPacket(mallory, '[1]', ['part', 7, 0, 0])],
  ])('R-1 %s resets that stream at both ends with %s, and nothing else', async (_name, code, attack) => {
    const { alice, mallory, packets, duplex, honest } = await scene();
    duplex.resume();
    const failure = await failureAt(alice, duplex, () => attack(mallory));
    expect(failure.code).toBe(code);
    await honest();
    expect(resetsTo(packets)[0]).toEqual([7, code]);
  });

  it('threats: a second hello on the same socket is refused, so that no new session begins with all its room', async () => {
    const { relay, alice } = await scene();
    const socket = relay.rawSocket({ auth: { clientId: 'carol', p2p: { version: 1, secret: 's' } } });
    await next(socket, 'P2P');
    const packets = packetsTo(socket);
    const gone = next(socket, 'disconnect');
    sendPacket(socket, null, ['hello', 'carol', 1, 'another secret', 0]);
    await gone;
    expect(ofType(packets, 'end').map(({ payload }) => payload.error.code)).toEqual(['PACKET_INVALID']);
    expect(await alice.isClientConnected('carol')).toBe(false);
  });

  it('threats: streams that nobody uses take no room from those that are used', async () => {
    const { relay, alice, duplex, packets, mallory, settle } = await scene();
    duplex.resume();
    const session = relay.server.getSocketByClientId('alice');
    alice.onAddP2pStream(() => {});
    for (let id = 100; id < 300; id++) {
      sendPacket(mallory, '[]', ['open', 'alice', 0, id, 10_000, 'objects', 131_072, 0]);
    }
    await settle();
    await settled(alice);
    await settle();
    expect(session?.connected).toBe(true);
    const credit = (stream: number) =>
      ofType(packets, 'credit').reduce((sum, packet) => sum + (packet.stream === stream ? packet.credit : 0), 0);
    expect([credit(100), credit(299)]).toEqual([16_384, 16_384]);
    sendPacket(mallory, '[1]', ['data', 299, 0, 0]);
    await settle();
    expect([credit(100), credit(299)]).toEqual([16_384, 131_072]);
  });

  it('R-1 text on a stream of bytes resets it', async () => {
    const { alice, mallory, duplex, honest } = await scene('bytes');
    duplex.resume();
    const failure = await failureAt(alice, duplex, () => sendPacket(mallory, '["text"]', ['data', 7, 0, 0]));
    expect(failure.code).toBe('STREAM_VIOLATION');
    await honest();
  });

  it('R-1 packets for streams that are not open, or are another’s, reach nobody', async () => {
    const { alice, mallory, packets, duplex, honest } = await scene();
    const heard: unknown[] = [];
    duplex.on('data', (data) => heard.push(data));
    const numbers = [0, 1, 2, 3, 8, 99, 2 ** 48 - 1];
    for (const stream of numbers) {
      sendPacket(mallory, '[1]', ['data', stream, 0, 0]);
      sendPacket(mallory, '[1]', ['part', stream, 0, 0]);
      sendPacket(mallory, null, ['finish', stream]);
      sendPacket(mallory, null, ['credit', stream, 1_000, 0]);
      sendPacket(mallory, '[{"code":"TIMEOUT","message":"","details":{}}]', ['reset', stream, 0]);
    }
    await honest();
    await settled(alice);
    expect(heard).toEqual([]);
    expect(resetsTo(packets)).toEqual(numbers.flatMap((stream) => Array(3).fill([stream, 'STREAM_NOT_FOUND'])));
  });

  it('R-1 the same number twice is refused, and the first stream goes on', async () => {
    const { mallory, packets, settle, duplex, honest } = await scene();
    sendPacket(mallory, '[]', ['open', 'alice', 0, 7, 10_000, 'objects', 131_072, 0]);
    sendPacket(mallory, '[]', ['open', 'ben', 0, 7, 10_000, 'objects', 131_072, 0]);
    await settle();
    expect(ofType(packets, 'reject').map(({ id, payload }) => [id, payload.error.code])).toEqual([
      [7, 'PACKET_INVALID'],
      [7, 'PACKET_INVALID'],
    ]);
    const heard = new Promise((resolve) => duplex.once('data', resolve));
    sendPacket(mallory, '[5]', ['data', 7, 0, 0]);
    expect(await heard).toBe(5);
    await honest();
  });

  it('R-1 an answer that nobody asked for opens nothing', async () => {
    const { mallory, packets, settle, honest } = await scene();
    const epoch = ofType(packets, 'opened')[0]!.epoch;
    for (const id of [0, 1, 2, 3]) sendPacket(mallory, null, ['opened', 'alice', epoch, id, 50 + id, 1_000]);
    sendPacket(mallory, null, ['opened', 'nobody', epoch, 1, 54, 1_000]);
    await settle();
    expect(resetsTo(packets)).toEqual([50, 51, 52, 53, 54].map((stream) => [stream, 'ABORTED']));
    await honest();
  });

  it('R-1 a reply to an open, or an opened to a request, rejects with PACKET_INVALID', async () => {
    const { alice, mallory, packets, settle } = await scene();
    const results = Promise.allSettled([alice.addP2pStream('mallory'), alice.emitToWithAck('mallory', 'question')]);
    await settled(alice);
    await settle();
    const [open] = ofType(packets, 'open');
    const [request] = ofType(packets, 'request');
    sendPacket(mallory, '[1]', ['reply', 'alice', open!.epoch, open!.id, 0]);
    sendPacket(mallory, null, ['opened', 'alice', request!.epoch, request!.id, 60, 1_000]);
    expect((await results).map((result) => (result as PromiseRejectedResult).reason?.code)).toEqual([
      'PACKET_INVALID',
      'PACKET_INVALID',
    ]);
    await settle();
    expect(resetsTo(packets)).toEqual([[60, 'PACKET_INVALID']]);
  });

  it('R-1 a number that the acceptor has in use already is refused, and the opener’s wait goes on', async () => {
    const { alice, mallory, packets, settle } = await scene();
    const opening = alice.with({ timeout: 2_000 }).addP2pStream('mallory');
    await settled(alice);
    await settle();
    const [open] = ofType(packets, 'open');
    sendPacket(mallory, null, ['opened', 'alice', open!.epoch, open!.id, 7, 1_000]);
    sendPacket(mallory, null, ['opened', 'alice', open!.epoch, open!.id, 8, 1_000]);
    expect((await opening).writable).toBe(true);
    expect([resetsTo(packets), ofType(packets, 'error').length]).toEqual([[], 1]);
  });

  it('CS-4 an opening that was given up as it was accepted leaves no stream at either end', async () => {
    const { alice, mallory, packets, settle } = await scene();
    const controller = new AbortController();
    const opening = alice.addP2pStream('mallory', { signal: controller.signal }).catch((error) => error.code);
    await settled(alice);
    await settle();
    const [open] = ofType(packets, 'open');
    // The one is on its way while the other happens.
    sendPacket(mallory, null, ['opened', 'alice', open!.epoch, open!.id, 61, 1_000]);
    controller.abort();
    expect(await opening).toBe('ABORTED');
    await settled(alice);
    await settle();
    expect(resetsTo(packets)).toEqual([[61, 'ABORTED']]);
  });
});
