import { noTopic } from '../../peer/no-services.js';
import { ROUTER } from '../../protocol/identifiers.js';
import type { P2PError } from '../../protocol/p2p-error.js';
import type { PacketOf } from '../../protocol/packet.js';
import { EMPTY_PAYLOAD, Payload } from '../../protocol/payload.js';
import type { Ask } from '../edge.js';
import type { Session } from '../session.js';
import type { TopicRelay } from '../topic-relay.js';
import { findService, misfit, type RouterContext, type Verb } from '../verb.js';
import { forwardRequest } from './ask.js';

/** CV-4: the service is asked. */
export const subscribe: Verb<'subscribe'> = (context, sender, packet) => {
  const { peer, topic } = packet;
  const limit = sender.usage.refusal('maxSubscriptions', sender.subscriptions.size);
  const isSame = (relay: TopicRelay<Session>) => relay.service.clientId === peer && relay.topic === topic;
  if (limit && ![...sender.subscriptions].some(isSame)) throw limit;
  const target = findService(context, peer, ({ hasTopic }) => hasTopic(topic));
  forwardRequest(context, { sender, target, packet }, { type: 'subscribe', topic });
};

/** The service has accepted. Where nobody waits for that, it is told that it has no subscriber. */
export const subscribed: Verb<'subscribed'> = (context, sender, packet) => {
  const { asker, asked } = settle(context, sender, packet);
  const error = refusalOf(sender, packet, { asker, asked });
  if (!asker || error) return decline(context, sender, packet, { asker, asked, error: error ?? misfit() });
  context.topics.connect(sender, asker, packet);
  asker.deliver({ ...packet, peer: sender.clientId, epoch: sender.epoch });
};

/** The server does not let the service have this subscriber: both are told. */
export function refuseSubscribed(
  context: RouterContext,
  sender: Session,
  packet: PacketOf<'subscribed'>,
  error: P2PError,
): void {
  // What the service may do is no matter of the one who asked.
  const told = error.code === 'FORBIDDEN' ? noTopic(packet.topic) : error;
  decline(context, sender, packet, { ...settle(context, sender, packet), error: told });
}

interface Asking {
  readonly asker: Session | undefined;
  readonly asked: Ask | undefined;
}

function settle({ directory, interest }: RouterContext, sender: Session, packet: PacketOf<'subscribed'>): Asking {
  const asker = directory.at(packet.peer, packet.epoch);
  return { asker, asked: asker && interest.settle(asker, sender, packet.id) };
}

function decline(
  { topics, failed }: RouterContext,
  sender: Session,
  packet: PacketOf<'subscribed'>,
  { asker, asked, error }: Asking & { readonly error: P2PError },
): void {
  const { peer, epoch, id, topic } = packet;
  if (asker && asked) {
    failed(asker, error);
    const payload = Payload.ofError(error);
    asker.deliver({ type: 'reject', peer: sender.clientId, epoch: sender.epoch, id, payload });
  }
  const isMember = asker && topics.acceptedAgain(sender, asker, packet);
  if (!isMember) sender.deliver({ type: 'unsubscribed', peer, epoch, id, topic });
}

function refusalOf(
  service: Session,
  { topic }: PacketOf<'subscribed'>,
  { asker, asked }: Asking,
): P2PError | undefined {
  if (!asker || asked?.type !== 'subscribe' || asked.topic !== topic) return misfit();
  return service.isService ? limitOn(service, asker, topic) : noTopic(topic);
}

/** What is in the way of another topic of the service, or of another subscription of the asker. */
function limitOn(service: Session, asker: Session, topic: string): P2PError | undefined {
  const relay = service.topics.get(topic);
  if (relay && asker.subscriptions.has(relay)) return undefined;
  return (
    asker.usage.refusal('maxSubscriptions', asker.subscriptions.size) ??
    (relay ? undefined : service.usage.refusal('maxTopics', service.topics.size))
  );
}

/** What a service kept for one who has just subscribed. */
export const retained: Verb<'retained'> = ({ directory, topics }, sender, packet) => {
  const subscriber = directory.at(packet.peer, packet.epoch);
  if (subscriber) topics.sendRetained(sender, subscriber, packet);
};

export const unsubscribe: Verb<'unsubscribe'> = ({ directory, topics }, sender, { peer, topic }) => {
  for (const service of directory.all(peer)) topics.disconnect(service, topic, sender);
};

/** A service publishes on topics of its own: there is no naming those of others. */
export const publish: Verb<'publish'> = ({ topics }, sender, packet) => topics.publish(sender, packet);

export const publishWait: Verb<'publish-wait'> = ({ topics }, sender, packet) => {
  const { id } = packet;
  const done = () => sender.deliver({ type: 'reply', peer: ROUTER, epoch: 0, id, payload: EMPTY_PAYLOAD });
  topics.publishAndWait(sender, packet, done);
};

/** SV-5: the service has ended the topic. */
export const closeTopic: Verb<'close-topic'> = ({ topics }, sender, { topic, payload }) =>
  topics.close(sender, topic, payload);
