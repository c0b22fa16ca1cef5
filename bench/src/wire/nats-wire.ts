import { inPieces } from './in-pieces.js';
import { rawConnection } from './raw-connection.js';
import type { WireKind } from './wire.js';
import { WrittenWire } from './written-wire.js';

const LINE_END = Buffer.from('\r\n');

/** Core NATS: a subject for each client. */
export const NATS: WireKind = {
  connect: async ({ port, clientId, partner, failed }) => {
    const wire: WrittenWire = new WrittenWire((payload) =>
      Buffer.concat([Buffer.from(`PUB ${partner} ${payload.length}\r\n`), payload, LINE_END]),
    );
    let ready: () => void = () => {};
    const subscribed = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const scan = inPieces((bytes, at) => {
      const end = bytes.indexOf(LINE_END, at);
      if (end < 0) return undefined;
      const line = bytes.toString('latin1', at, end);
      if (line.startsWith('MSG ')) {
        // What follows is as long as its last word says.
        const next = end + 2 + Number(line.slice(line.lastIndexOf(' ') + 1)) + 2;
        if (next > bytes.length) return undefined;
        wire.count();
        return next;
      }
      if (line === 'PING') wire.socket?.write('PONG\r\n');
      else if (line === 'PONG') ready();
      else if (line.startsWith('-ERR')) failed(new Error(`NATS says ${line}`));
      return end + 2;
    });
    const received = (piece: Buffer) => {
      scan(piece);
      wire.tell();
    };
    wire.socket = await rawConnection({ port, received, failed });
    wire.socket.write(`CONNECT {"verbose":false,"pedantic":false}\r\nSUB ${clientId} 1\r\nPING\r\n`);
    await subscribed;
    return wire;
  },
};
