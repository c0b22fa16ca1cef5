export { ERROR_CODES, type ErrorCode } from './protocol/error-codes.js';
export { P2PError, type P2PErrorOptions, type WireError } from './protocol/p2p-error.js';
export type { PeerEvents, UntypedEvents } from './protocol/typed-events.js';
