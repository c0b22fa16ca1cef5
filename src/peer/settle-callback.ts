import { callGuarded } from '../async/call-guarded.js';
import { isP2PError, P2PError } from '../protocol/p2p-error.js';

/** A callback of either kind: after `with(…)` the error comes first, in a plain call only values come. */
export type Callback = (...args: unknown[]) => unknown;

export interface CallbackStyle {
  readonly errorFirst: boolean;
  /** Where failures go that no callback takes. */
  readonly failed: (error: P2PError) => void;
}

/** Gives the outcome of an operation to a callback, at most once. */
export function settleCallback(outcome: Promise<readonly unknown[]>, callback: Callback, style: CallbackStyle): void {
  const { errorFirst, failed } = style;
  const call = (...args: unknown[]) => callGuarded(callback, args, (error) => failed(callbackFailed(error)));
  outcome.then(
    (values) => (errorFirst ? call(null, ...values) : call(...values)),
    (error: P2PError) => (errorFirst ? call(error) : failed(error)),
  );
}

function callbackFailed(cause: unknown): P2PError {
  return isP2PError(cause) ? cause : new P2PError('HANDLER_FAILED', 'A callback failed', { cause });
}
