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
    let rest: Buffer = Buffer.alloc(0);
    const received = (piece: Buffer) => {
      const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
      let at = 0;
      for (let end = bytes.indexOf(LINE_END, at); end >= 0; end = bytes.indexOf(LINE_END, at)) {
        // `M` of MSG: what follows it is as long as its last word says.
        if (bytes[at] === 0x4d) {
          const line = bytes.toString('latin1', at, end);
          const next = end + 2 + Number(line.slice(line.lastIndexOf(' ') + 1)) + 2;
          if (next > bytes.length) break;
          wire.count();
          at = next;
          continue;
        }
        const line = bytes.toString('latin1', at, end);
        if (line === 'PING') wire.socket?.write('PONG\r\n');
        else if (line === 'PONG') ready();
        else if (line.startsWith('-ERR')) failed(new Error(`NATS says ${line}`));
        at = end + 2;
      }
      rest = bytes.subarray(at);
      wire.tell();
    };
    wire.socket = await rawConnection({ port, received, failed });
    wire.socket.write(`CONNECT {"verbose":false,"pedantic":false}\r\nSUB ${clientId} 1\r\nPING\r\n`);
    await subscribed;
    return wire;
  },
};
