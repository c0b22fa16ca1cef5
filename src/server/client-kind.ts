import { SERVER_ERROR } from '../protocol/event-names.js';
import type { P2PError } from '../protocol/p2p-error.js';
import { Payload } from '../protocol/payload.js';
import type { EventWriter } from './event-writer.js';
import { PluginPort } from './plugin-port.js';
import type { RawServerSocket } from './raw-server.js';

/** Sockets whose plugin was applied after they had connected. */
const saidHello = new WeakSet<RawServerSocket>();

export function rememberHello(socket: RawServerSocket): void {
  saidHello.add(socket);
}

/** Whether a socket speaks in packets: it announced the plugin at connect, or said hello. */
export function isPluginSocket(socket: RawServerSocket): boolean {
  const auth = socket.handshake.auth as Record<string, unknown> | undefined;
  return saidHello.has(socket) || auth?.p2p !== undefined;
}

/** Tells a client of a failure that no request of its waits for. */
export function tellError(writer: EventWriter, socket: RawServerSocket, error: P2PError): void {
  tell(writer, socket, { error, type: 'error' });
}

/** Tells a client that its session is over, or will not begin. */
export function tellEnd(writer: EventWriter, socket: RawServerSocket, error: P2PError): void {
  tell(writer, socket, { error, type: 'end' });
}

function tell(
  writer: EventWriter,
  socket: RawServerSocket,
  { error, type }: { error: P2PError; type: 'error' | 'end' },
): void {
  if (isPluginSocket(socket)) new PluginPort(socket, writer).deliver({ type, payload: Payload.ofError(error) });
  else writer.write(socket, writer.encodePlain(SERVER_ERROR, [error.toJSON()]));
}
