import { P2PError } from '../protocol/p2p-error.js';
import { type RawServerSocket, settleAcknowledgement } from './raw-server.js';

export interface SocketQuestion {
  readonly event: string;
  readonly args: readonly unknown[];
  /** In ms. */
  readonly timeout: number;
}

/**
 * Emits an event that asks for an acknowledgement, by Socket.IO's own acks with a timeout: the only place
 * that uses them. They outlast the socket by themselves.
 *
 * @returns a way to wait no longer, which leaves no timer and no entry behind
 */
export function askSocket(
  socket: RawServerSocket,
  { event, args, timeout }: SocketQuestion,
  answered: (outcome: readonly unknown[] | P2PError) => void,
): () => void {
  let open = true;
  const settle = settleAcknowledgement(socket, () => {
    socket.timeout(timeout).emit(event, ...args, (error: Error | null, ...results: unknown[]) => {
      if (!open) return;
      open = false;
      answered(error ? new P2PError('TIMEOUT', `No answer within ${timeout} ms`, { details: { timeout } }) : results);
    });
  });
  return () => {
    open = false;
    settle();
  };
}
