import { type ConnectOptions, connectOurs } from './connect-clients.js';
import type { Payload } from './relay/payloads.js';

/** What is sent, and what is asked for: an answer that is the same. */
export const EVENT = 'data';
export const REQUEST = 'echo';

/** A client with this library that sends, hears, asks, and answers with what it was asked. */
export interface OurClient {
  send(to: string, payload: Payload): void;
  /** Sets who hears what others send. */
  receive(listener: (from: string, payload: unknown) => void): void;
  /** Settles with the answer: the same payload. */
  request(to: string, payload: Payload): Promise<unknown>;
  /** Whether such a client is connected anywhere. */
  look(clientId: string): Promise<boolean>;
}

export async function connectOurClient(options: ConnectOptions): Promise<OurClient> {
  const socket = await connectOurs(options);
  socket.onAny(REQUEST, (_from, payload, answer) => answer(payload));
  return {
    send: (to, payload) => socket.emitTo(to, EVENT, payload),
    receive: (listener) => socket.onAny(EVENT, listener),
    request: (to, payload) => socket.emitToWithAck(to, REQUEST, payload),
    look: (clientId) => socket.isClientConnected(clientId),
  };
}
