import { inPieces } from './in-pieces.js';
import { rawConnection } from './raw-connection.js';
import type { WireKind } from './wire.js';
import { WrittenWire } from './written-wire.js';

// MQTT 3.1.1; the first byte of each packet.
const CONNECT = 0x10;
const PUBLISH = 0x30;
const SUBSCRIBE = 0x82;
const SUBACK = 0x90;

/** A topic for each client, quality of service 0. */
export const MQTT: WireKind = {
  connect: async ({ port, clientId, partner, failed }) => {
    const wire: WrittenWire = new WrittenWire((payload) =>
      packet(PUBLISH, Buffer.concat([text(partner ?? ''), payload])),
    );
    let ready: () => void = () => {};
    const subscribed = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const scan = inPieces((bytes, at) => {
      const end = endOfPacket(bytes, at);
      if (end === undefined) return undefined;
      if (bytes[at] === PUBLISH) wire.count();
      else if (bytes[at] === SUBACK) ready();
      return end;
    });
    const received = (piece: Buffer) => {
      scan(piece);
      wire.tell();
    };
    wire.socket = await rawConnection({ port, received, failed });
    // A clean session, and no keep-alive.
    const variable = Buffer.concat([text('MQTT'), Buffer.from([4, 2, 0, 0]), text(clientId)]);
    wire.socket.write(packet(CONNECT, variable));
    wire.socket.write(packet(SUBSCRIBE, Buffer.concat([Buffer.from([0, 1]), text(clientId), Buffer.from([0])])));
    await subscribed;
    return wire;
  },
};

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function packet(first: number, rest: Buffer): Buffer {
  const length: number[] = [];
  for (let left = rest.length; left > 0 || length.length === 0; left >>= 7) {
    length.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
  }
  return Buffer.concat([Buffer.from([first, ...length]), rest]);
}

/** Where the packet at this place ends, if all of it is there. */
function endOfPacket(bytes: Buffer, start: number): number | undefined {
  let length = 0;
  for (let at = start + 1, shift = 0; at < bytes.length; at++, shift += 7) {
    length |= (bytes[at]! & 0x7f) << shift;
    if (bytes[at]! & 0x80) continue;
    return at + 1 + length <= bytes.length ? at + 1 + length : undefined;
  }
  return undefined;
}
