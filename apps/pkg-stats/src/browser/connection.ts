import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { type Choice, RegistryClient } from '../registry-client.js';

export interface Connection {
  /** For what is wanted until `signal` fires. */
  clientUntil(signal: AbortSignal): RegistryClient;
}

/** Connects this page to its own server, as a visitor. */
export function connect(showLink: (link: 'up' | 'down') => void): Connection {
  const id = `visitor-${Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join('')}`;
  const options = { transports: ['websocket', 'polling'], tryAllTransports: true, reconnectionDelayMax: 3_000 };
  const socket = p2pClientPlugin(io(options), id);
  socket.on('connect', () => showLink('up'));
  socket.on('disconnect', () => showLink('down'));
  socket.on('connect_error', () => showLink('down'));
  const choice: Choice = {};
  return { clientUntil: (signal) => new RegistryClient(socket.with({ signal }), choice) };
}
