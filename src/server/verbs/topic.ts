import { ROUTER } from '../../protocol/identifiers.js';
import { EMPTY_PAYLOAD, Payload } from '../../protocol/payload.js';
import { findService, misfit, type Verb } from '../verb.js';
import { forwardRequest } from './ask.js';

/** CV-4: the service is asked. */
export const subscribe: Verb<'subscribe'> = (context, sender, packet) => {
  const { peer, topic } = packet;
  const target = findService(context, peer, ({ hasTopic }) => hasTopic(topic));
  forwardRequest(context, { sender, target, packet }, { type: 'subscribe', topic });
};

/** The service has accepted. Where nobody waits for that, it is told that it has no subscriber. */
export const subscribed: Verb<'subscribed'> = ({ directory, interest, topics }, sender, packet) => {
  const { peer, epoch, id, topic } = packet;
  const asker = directory.at(peer, epoch);
  const asked = asker && interest.settle(asker, sender, id);
  if (asker && asked?.type === 'subscribe' && asked.topic === topic) {
    topics.connect(sender, asker, packet);
    return asker.deliver({ ...packet, peer: sender.clientId, epoch: sender.epoch });
  }
  const payload = Payload.ofError(misfit());
  if (asker && asked) asker.deliver({ type: 'reject', peer: sender.clientId, epoch: sender.epoch, id, payload });
  const isMember = asker && topics.acceptedAgain(sender, asker, packet);
  if (!isMember) sender.deliver({ type: 'unsubscribed', peer, epoch, id, topic });
};

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
