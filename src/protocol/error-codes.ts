/**
 * Every code that a {@link P2PError} can carry. `docs/errors.md` explains each one.
 * `true` marks the codes after which the same operation may succeed later, unchanged.
 */
const retryable = {
  ABORTED: false,
  ALREADY_ANSWERED: false,
  API_EXISTS: false,
  API_NOT_FOUND: false,
  AUTH_FAILED: false,
  AUTH_UNAVAILABLE: true,
  CLIENT_ID_INVALID: false,
  CLIENT_ID_IN_USE: true,
  CLIENT_ID_MISMATCH: false,
  CLIENT_ID_REQUIRED: false,
  CLIENT_ID_RESERVED: false,
  CLIENT_NOT_FOUND: false,
  EVENT_NOT_ALLOWED: false,
  EVENT_RESERVED: false,
  FORBIDDEN: false,
  HANDLER_FAILED: false,
  INPUT_INVALID: false,
  INTERNAL: false,
  INVALID_ARGUMENT: false,
  LIMIT_EXCEEDED: true,
  LINK_DOWN: true,
  NODE_UNAVAILABLE: true,
  NOT_A_SERVICE: false,
  NOT_REGISTERED: false,
  NO_LISTENER: false,
  OUTPUT_INVALID: false,
  PACKET_INVALID: false,
  PAYLOAD_INVALID: false,
  PAYLOAD_TOO_LARGE: false,
  PEER_GONE: false,
  PEER_TOO_SLOW: true,
  POLICY_VIOLATION: false,
  QUEUE_FULL: true,
  RATE_LIMITED: true,
  ROOM_RESERVED: false,
  SERVICE_ERROR: false,
  SESSION_EXPIRED: true,
  SESSION_KICKED: false,
  SESSION_REMOVED: false,
  SESSION_REPLACED: false,
  SESSION_TOO_SLOW: true,
  STREAM_NOT_FOUND: false,
  STREAM_REFUSED: false,
  STREAM_RESET: false,
  STREAM_VIOLATION: false,
  SUBSCRIBER_TOO_SLOW: true,
  SUBSCRIPTION_REFUSED: false,
  TIMEOUT: true,
  TOPIC_DESTROYED: false,
  TOPIC_EXISTS: false,
  TOPIC_NOT_FOUND: false,
  UNSUPPORTED: false,
  VERSION_UNSUPPORTED: false,
} as const satisfies Record<string, boolean>;

/** A stable error code, to be matched instead of the message. */
export type ErrorCode = keyof typeof retryable;

/** All error codes, in alphabetical order. */
export const ERROR_CODES: readonly ErrorCode[] = Object.keys(retryable) as ErrorCode[];

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(retryable, value);
}

export function isRetryable(code: ErrorCode): boolean {
  return retryable[code];
}
