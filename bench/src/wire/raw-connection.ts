import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawConnectionOptions {
  readonly port: number;
  readonly received: (piece: Buffer) => void;
  readonly failed: (error: Error) => void;
}

/** A TCP connection to a server of the benchmark. A lost one fails the run. */
export async function rawConnection({ port, received, failed }: RawConnectionOptions): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  socket.on('error', failed).on('close', () => failed(new Error('A connection of the load was closed')));
  await once(socket, 'connect');
  socket.on('data', received);
  return socket;
}

/** Upgrades to a websocket. What comes after that goes to `received`. */
export async function upgradedConnection(path: string, options: RawConnectionOptions): Promise<Socket> {
  let isOpen = false;
  let opened: () => void = () => {};
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  let head = Buffer.alloc(0);
  const received = (piece: Buffer) => {
    if (isOpen) return options.received(piece);
    head = Buffer.concat([head, piece]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (!head.toString('latin1', 0, 12).endsWith('101')) {
      return options.failed(new Error(`The server did not upgrade: ${head.toString('latin1', 0, end)}`));
    }
    isOpen = true;
    opened();
    if (end + 4 < head.length) options.received(head.subarray(end + 4));
  };
  const socket = await rawConnection({ ...options, received });
  const key = Buffer.from('a key of 16 byte').toString('base64');
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  await open;
  return socket;
}
