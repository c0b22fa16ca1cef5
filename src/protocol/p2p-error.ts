import { shapeOf } from './argument-shape.js';
import { type ErrorCode, isErrorCode, isRetryable } from './error-codes.js';

/** The form in which an error crosses the wire, also as the argument of `SERVER_ERROR`. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface P2PErrorOptions {
  /** Facts about the failure: ids, limits, field names. Never bodies or secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What led to it, on this side of the wire only. */
  readonly cause?: unknown;
}

/** The one error class of this library: match it by `code`, never by its message. */
export class P2PError extends Error {
  override readonly name = 'P2PError';
  /** One of the codes in `docs/errors.md`. */
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: P2PErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
  }

  /** Whether the same operation may succeed later, unchanged. */
  get retryable(): boolean {
    return isRetryable(this.code);
  }

  toJSON(): WireError {
    return wireErrorOf(this);
  }
}

/** Whatever has become of its own `toJSON`. */
export function wireErrorOf({ code, message, details }: P2PError): WireError {
  return { code, message, details };
}

/** Reads an error that came from outside; what is no error of ours becomes `INTERNAL`. */
export function readWireError(value: unknown): P2PError {
  if (!isWireError(value)) return new P2PError('INTERNAL', 'The other side sent no readable error');
  const { code, message, details = {} } = value;
  // Facts are JSON. Bytes among them would make Socket.IO read the rest as places of attachments.
  return new P2PError(code, message, { details: shapeOf([details]).hasBytes ? {} : details });
}

/** Whether `value` has the shape in which our errors travel. */
export function isWireError(value: unknown): value is WireError {
  if (typeof value !== 'object' || value === null) return false;
  const { code, message, details = {} } = value as Partial<Record<keyof WireError, unknown>>;
  return isErrorCode(code) && typeof message === 'string' && typeof details === 'object' && details !== null;
}

/** Whether it is an error of ours. What users throw may be anything, also what throws when it is looked at. */
export function isP2PError(value: unknown): value is P2PError {
  try {
    return value instanceof P2PError;
  } catch {
    return false;
  }
}

/** The error itself if it is ours; anything else is a fault of this library or of what it was given. */
export function toP2PError(error: unknown): P2PError {
  return isP2PError(error) ? error : new P2PError('INTERNAL', 'Something unexpected failed', { cause: error });
}
