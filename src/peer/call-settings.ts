import { type CallOptions, checkCallOptions } from './call-arguments.js';
import type { Deadline } from './pending-operations.js';
import type { CallbackStyle } from './settle-callback.js';

/** How the calls of a socket or a server, or of a `with(…)` view of one, wait and answer. */
export interface CallSettings extends CallbackStyle {
  readonly deadline: Deadline;
}

/**
 * The settings of a `with(options)` view: what the options do not say stays, and callbacks take the error first.
 * @throws P2PError `INVALID_ARGUMENT`
 */
export function viewSettings({ failed, deadline }: CallSettings, options: CallOptions): CallSettings {
  checkCallOptions(options);
  const { timeout = deadline.timeout, signal = deadline.signal } = options;
  return { failed, errorFirst: true, deadline: { timeout, signal } };
}
