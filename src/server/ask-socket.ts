import { P2PError } from '../protocol/p2p-error.js';
import { type RawServerSocket, settleAcknowledgement } from './raw-server.js';

export interface SocketQuestion {
  readonly event: string;
  readonly args: readonly unknown[];
  /** In ms. */
  readonly timeout: number;
}

/** Hears the arguments of the answer, or why there is none. */
export type Answered = (outcome: readonly unknown[] | P2PError) => void;

/**
 * Emits an event that asks for an acknowledgement, by Socket.IO's own acks with a timeout: the only place
 * that uses them. They outlast the socket by themselves.
 *
 * @returns a way to wait no longer, which leaves no timer and no entry behind
 */
export function askSocket(
  socket: RawServerSocket,
  { event, args, timeout }: SocketQuestion,
  answered: Answered,
): () => void {
  let open = true;
  const settle = settleAcknowledgement(socket, () => {
    socket.timeout(timeout).emit(event, ...args, (error: Error | null, ...results: unknown[]) => {
      if (!open) return;
      open = false;
      answered(error ? timedOut(timeout) : results);
    });
  });
  return () => {
    open = false;
    settle();
  };
}

/** `timeout` in ms. */
export function timedOut(timeout: number): P2PError {
  return new P2PError('TIMEOUT', `No answer within ${timeout} ms`, { details: { timeout } });
}
