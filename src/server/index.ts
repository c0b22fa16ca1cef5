import { DIAGNOSTICS_CHANNEL } from './diagnostics.js';
import { p2pServerPlugin } from './p2p-server-plugin.js';

export type { Acceptance } from '../peer/acceptance.js';
export type { CallOptions } from '../peer/call-arguments.js';
export type { IncomingSubscription, TopicOptions } from '../peer/hosted-topic.js';
export type { ApiHandler } from '../peer/offered-api.js';
export type { ServiceConsumer } from '../peer/service-consumer.js';
export type { ApiDescription, ServiceDescription, TopicDescription } from '../peer/service-description.js';
export type { ServiceProvider, ServicePublisher, TopicsOfContract } from '../peer/service-provider.js';
export type { DuplexOptions, StreamOptions, StreamSettings } from '../peer/stream-options.js';
export type { Subscription, SubscriptionEvents } from '../peer/subscription.js';
export type { DuplexClass, DuplexSettings, NodeDuplex } from '../stream/node-duplex.js';
export type { Authenticate, AuthenticateContext } from './authentication.js';
export type { Action, Authorize, AuthorizeRequest, Decision } from './authorize.js';
export type { DiagnosticFacts, DiagnosticType, P2PDiagnostic } from './diagnostics.js';
export type { P2PService, P2PServiceView } from './hosted-service.js';
export type { OperatorCalls, P2PServerStats } from './operator-calls.js';
export type { HostedServiceSettings, P2PServer, P2PServerView } from './p2p-server.js';
export type { P2PServerIo } from './p2p-server-plugin.js';
export type { ServerLimits } from './server-limits.js';
export type { P2PLogger, P2PServerOptions } from './server-options.js';
export type { SlowConsumerPolicy } from './slow-consumer.js';

// SC-7: what `require('socket.io-p2p-plugin/server')` gives; it has itself as a property, for those who take it by name.
Object.defineProperty(p2pServerPlugin, 'p2pServerPlugin', { value: p2pServerPlugin });

export { DEFAULT_LIMITS } from './server-limits.js';
export { DIAGNOSTICS_CHANNEL, p2pServerPlugin, p2pServerPlugin as 'module.exports' };
