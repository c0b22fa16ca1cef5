import { p2pClientPlugin } from './p2p-client-plugin.js';

export type { Acceptance } from '../peer/acceptance.js';
export type { CallOptions } from '../peer/call-arguments.js';
export type { IncomingSubscription, TopicOptions } from '../peer/hosted-topic.js';
export type { ReceivedMessage } from '../peer/message-listeners.js';
export type { ApiHandler } from '../peer/offered-api.js';
export type { ServiceConsumer } from '../peer/service-consumer.js';
export type { ApiDescription, ServiceDescription, TopicDescription } from '../peer/service-description.js';
export type { ServiceProvider, ServicePublisher, TopicsOfContract } from '../peer/service-provider.js';
export type { P2PStream } from '../peer/stream-calls.js';
export type {
  AcceptOptions,
  DuplexOptions,
  IncomingStream,
  StreamOptions,
  StreamSettings,
} from '../peer/stream-options.js';
export type { Subscription, SubscriptionEvents } from '../peer/subscription.js';
export type { PeerEvents, UntypedEvents } from '../protocol/typed-events.js';
export type { DuplexClass, DuplexSettings, NodeDuplex } from '../stream/node-duplex.js';
export type { WebStreams } from '../stream/web-streams.js';
export type { FromPeer, P2PClient, P2PClientEvents, P2PClientView } from './p2p-client.js';
export type { P2PClientOptions, P2PClientSocket } from './p2p-client-plugin.js';

// SC-7: what `require('socket.io-p2p-plugin/client')` gives; it has itself as a property, for those who take it by name.
Object.defineProperty(p2pClientPlugin, 'p2pClientPlugin', { value: p2pClientPlugin });

export { p2pClientPlugin, p2pClientPlugin as 'module.exports' };
