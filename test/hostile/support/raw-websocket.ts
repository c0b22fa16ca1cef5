import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

const CONTINUATION = 0;
export const TEXT = 1;

/** One frame of RFC 6455 as a client writes it, masked with zeros: right or wrong, as it is told. */
export function frame(opcode: number, payload: Uint8Array, isFinal = true): Buffer {
  const head = [(isFinal ? 0x80 : 0) | opcode];
  const { length } = payload;
  if (length < 126) head.push(0x80 | length);
  else if (length < 65_536) head.push(0x80 | 126, length >> 8, length & 0xff);
  else throw new Error('No frame here is that long');
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

/** A text in frames of one byte each. */
export function tinyFragments(text: string): Buffer {
  const bytes = Buffer.from(text);
  const frames = Array.from(bytes, (byte, index) =>
    frame(index === 0 ? TEXT : CONTINUATION, Buffer.from([byte]), index === bytes.length - 1),
  );
  return Buffer.concat(frames);
}

/** A message in so many empty frames, which never ends. */
export function emptyFragments(count: number): Buffer {
  const rest = frame(CONTINUATION, Buffer.alloc(0), false);
  return Buffer.concat([frame(TEXT, Buffer.from('4'), false), ...Array(count).fill(rest)]);
}

/** A TCP connection to the relay. */
export async function rawConnection(port: number): Promise<Socket> {
  const socket = connect(port, 'localhost');
  // Whoever is attacked may hang up whenever it likes.
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** The same, after the upgrade to a websocket of Engine.IO. */
export async function rawWebsocket(port: number): Promise<Socket> {
  const socket = await rawConnection(port);
  const key = randomBytes(16).toString('base64');
  socket.write(upgradeRequest('/socket.io/?EIO=4&transport=websocket', { 'Sec-WebSocket-Key': key }));
  await once(socket, 'data');
  return socket;
}

export function upgradeRequest(path: string, headers: Readonly<Record<string, string>>): string {
  const all = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** What came until the other side hung up; whatever is left to it, it is not waited for. */
export async function until(socket: Socket, event: 'data' | 'close'): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await Promise.race([once(socket, event), once(socket, 'close')]);
  return text;
}
