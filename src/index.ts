export { ERROR_CODES, type ErrorCode } from './protocol/error-codes.js';
export { P2PError, type P2PErrorOptions, type WireError } from './protocol/p2p-error.js';
export { declaredError, defineService, rpc, topic } from './protocol/service-contract.js';
export type { PeerEvents, UntypedEvents } from './protocol/typed-events.js';
export type {
  ApiName,
  CallArguments,
  CallResult,
  ContractCall,
  DeclaredError,
  ErrorArguments,
  ErrorSchemas,
  PublishedValue,
  ReceivedValue,
  RpcContract,
  RpcSchemas,
  ServiceCall,
  ServiceContract,
  ServiceEntries,
  ServiceHandler,
  ServiceHandlers,
  TopicContract,
  TopicName,
} from './protocol/typed-services.js';
