import type { RpcContract, ServiceCall } from '../protocol/typed-services.js';

/**
 * Answers calls of an API: by what it returns, a value, a promise, or a generator or another async iterable. Or by an ack: one that names
 * more arguments than it was called with gets the ack as the last of them, and where it returns nothing, that answers.
 * `this` is the call.
 */
// biome-ignore lint/suspicious/noExplicitAny: only `any` lets an untyped handler name its own parameters
export type ApiHandler = (this: ServiceCall, ...args: any[]) => unknown;

/** What calls of one API came to. */
export interface ApiStatistics {
  /** How many there were. */
  calls: number;
  /** How many are being answered. */
  active: number;
  /** How many failed, whoever was to blame. */
  errors: number;
  /** How long they took, in ms, added up. */
  time: number;
}

/** An API that a service has. */
export interface OfferedApi {
  readonly name: string;
  readonly handler: ApiHandler;
  /** What its values look like. */
  readonly contract: RpcContract | undefined;
  readonly statistics: ApiStatistics;
}
