import { boundCalls } from '../peer/bound-calls.js';
import type { CallOptions } from '../peer/call-arguments.js';
import { type CallSettings, viewSettings } from '../peer/call-settings.js';
import type { PeerEngine } from '../peer/peer-engine.js';
import { acceptPair } from '../peer/peer-handler.js';
import { providerCalls, publisherCalls } from '../peer/provider-calls.js';
import { sendMessage } from '../peer/send-message.js';
import { SERVICE_CALLS, ServiceCalls } from '../peer/service-calls.js';
import type { ServiceConsumer } from '../peer/service-consumer.js';
import { ServiceHost } from '../peer/service-host.js';
import type { ServiceProvider, ServicePublisher } from '../peer/service-provider.js';
import { P2PError } from '../protocol/p2p-error.js';
import { hostEngine } from './hosted-engine.js';
import type { Sessions } from './sessions.js';

/** A service that the server hosts (SV-1). To clients it is a service like any other (SV-2). */
export interface P2PService extends ServiceProvider, ServiceConsumer {
  /** The client id that it has. */
  readonly clientId: string;
  /**
   * Sends an event to one client (CV-2), which hears it by `onService`; a function as last argument gets its answer.
   * @throws P2PError `INVALID_ARGUMENT`, `EVENT_RESERVED`
   */
  // biome-ignore lint/suspicious/noExplicitAny: only `any` lets an untyped ack name its own parameters
  emitClient(clientId: string, event: string, ...args: any[]): void;
  /**
   * A view with the same calls and another deadline or an `AbortSignal`; callbacks then take the error first.
   * @throws P2PError `INVALID_ARGUMENT`
   */
  with(options: CallOptions): P2PServiceView;
  /** Ends it: everything that waits for it fails with `PEER_GONE`, and its id is free. */
  close(): void;
}

/** The calls of a service after `with(…)`. */
export type P2PServiceView = ServicePublisher & ServiceConsumer & Pick<P2PService, 'emitClient' | 'with'>;

export interface HostedServiceOptions {
  readonly sessions: Sessions;
  readonly clientId: string;
  /** It leaves its id to a client too (SV-3). */
  readonly isShared: boolean;
  readonly settings: CallSettings;
  readonly closed: () => void;
}

export function hostService({ sessions, clientId, isShared, settings, closed }: HostedServiceOptions): P2PService {
  const { failed, deadline } = settings;
  const host = new ServiceHost({ service: clientId, engine: () => engine, isService: true, failed });
  const nobody = () => new P2PError('NO_LISTENER', 'A service of the server takes calls and subscriptions only');
  const { engine, session } = hostEngine({
    sessions,
    clientId,
    isService: true,
    isShared,
    hasApi: (name) => host.hasApi(name),
    hasTopic: (name) => host.topics.has(name),
    handler: {
      message: ({ answer }) => void answer?.reject(nobody()),
      pairAsked: (_peer, answer) => acceptPair(answer),
      streamAsked: (request) => request.reject(nobody()),
      callAsked: (request) => host.callAsked(request),
      subscribeAsked: (request) => host.topics.subscribeAsked(request),
      unsubscribed: (packet) => host.topics.unsubscribed(packet),
      sessionGone: (epoch) => host.topics.sessionGone(epoch),
      peerGone: () => {},
      linkUp: () => {},
      linkDown: () => host.topics.linkDown(),
      pairEnded: () => {},
      failed,
    },
  });
  return {
    clientId,
    ...providerCalls(host, deadline),
    ...viewOf(engine, host, settings),
    close: () => {
      // Another may have been made under its id since.
      if (session.ended) return;
      sessions.end(session);
      closed();
    },
  };
}

function viewOf(engine: PeerEngine, host: ServiceHost, settings: CallSettings): P2PServiceView {
  return {
    ...publisherCalls(host, settings.deadline),
    ...(boundCalls(new ServiceCalls(engine, settings), SERVICE_CALLS) as ServiceConsumer),
    emitClient: (target, event, ...rest) => sendMessage(engine, settings, { target, event, rest }),
    with: (options) => viewOf(engine, host, viewSettings(settings, options)),
  };
}
