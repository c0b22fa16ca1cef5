import { onAbort } from '../async/on-abort.js';
import { isP2PError, P2PError } from '../protocol/p2p-error.js';

/** What the other end is told of why a stream was destroyed: its code, where it is one of ours, and its message. */
export function streamError(reason: unknown): P2PError {
  if (isP2PError(reason)) return reason;
  const { name, message, code } = (reason ?? {}) as Partial<Record<'name' | 'message' | 'code', unknown>>;
  if (name === 'AbortError') return new P2PError('ABORTED', 'The stream was aborted', { cause: reason });
  const details = typeof code === 'string' ? { code } : {};
  const text = typeof reason === 'string' ? reason : message;
  return new P2PError('STREAM_RESET', typeof text === 'string' && text ? text : 'The stream was destroyed', {
    details,
    cause: reason,
  });
}

/** Destroyed for no reason: Node gives one too when an iteration is over and nobody has ended the other direction. */
export function isLeaving(reason: unknown): boolean {
  return !reason || (reason as { name?: unknown }).name === 'AbortError';
}

/** Ends a stream when the signal aborts, or has aborted; the value returned takes that back. */
export function whenAborted(signal: AbortSignal, end: (error: P2PError) => void): () => void {
  const abort = () => end(new P2PError('ABORTED', 'The stream was aborted', { cause: signal.reason }));
  if (!signal.aborted) return onAbort(signal, abort);
  abort();
  return () => {};
}
