import { channel } from 'node:diagnostics_channel';
import type { ErrorCode } from '../protocol/error-codes.js';
import type { Action } from './authorize.js';

/** The channel of `node:diagnostics_channel` on which {@link P2PDiagnostic}s are published. */
export const DIAGNOSTICS_CHANNEL = 'socket.io-p2p-plugin';

const TYPES = ['auth.fail', 'authz.deny', 'limit.hit', 'packet.invalid', 'session.takeover', 'session.slow'] as const;

/** What an operator may want to hear of. */
export type DiagnosticType = (typeof TYPES)[number];

/** Facts about one event: never a body, never a token. */
export interface DiagnosticFacts {
  /** Of `auth.fail`: what the client calls itself, if it does. Missing otherwise: there is no session. */
  readonly clientId?: string | undefined;
  readonly socketId?: string | undefined;
  /** The address of the connection, as Socket.IO tells it. */
  readonly address?: string | undefined;
  readonly code?: ErrorCode | undefined;
  /** Of `auth.fail`: the name of what `authenticate` threw. */
  readonly error?: string | undefined;
  readonly action?: Action | undefined;
  readonly target?: string | undefined;
  readonly event?: string | undefined;
  readonly api?: string | undefined;
  readonly topic?: string | undefined;
  readonly room?: string | undefined;
  /** Which of the `limits`; of `PAYLOAD_TOO_LARGE`, how much it allows. */
  readonly limit?: unknown;
  /** On the connection, in bytes. */
  readonly queuedBytes?: number | undefined;
}

/** One event, as it is published. */
export interface P2PDiagnostic extends DiagnosticFacts {
  readonly type: DiagnosticType;
  /** The name of the namespace. */
  readonly namespace: string;
}

/** Tells operators what went wrong, and counts it. */
export class Diagnostics {
  readonly #namespace: string;
  readonly #channel = channel(DIAGNOSTICS_CHANNEL);
  readonly #counts = Object.fromEntries(TYPES.map((type) => [type, 0])) as Record<DiagnosticType, number>;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** How often each has been since the start. */
  get counts(): Readonly<Record<DiagnosticType, number>> {
    return { ...this.#counts };
  }

  report(type: DiagnosticType, facts: DiagnosticFacts): void {
    this.#counts[type]++;
    if (!this.#channel.hasSubscribers) return;
    const diagnostic: P2PDiagnostic = { type, namespace: this.#namespace, ...facts };
    this.#channel.publish(diagnostic);
  }
}
