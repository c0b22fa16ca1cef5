import { ROUTER } from '../../protocol/identifiers.js';
import { Payload } from '../../protocol/payload.js';
import { CALL } from '../edge.js';
import { throwIf } from '../usage.js';
import { findService, type Verb } from '../verb.js';
import { forwardRequest } from './ask.js';
import { idTaken } from './open.js';

/** CV-3: calls an API; a stream may take the number of the call. */
export const call: Verb<'call'> = (context, sender, packet) => {
  const { id, peer, api } = packet;
  if (sender.streams.has(id)) throw idTaken('id');
  const target = findService(context, peer, ({ hasApi }) => hasApi(api));
  forwardRequest(context, { sender, target, packet }, CALL);
};

/** CV-2: this client is a service. */
export const offer: Verb<'offer'> = ({ directory }, sender) => {
  if (sender.isService) return;
  throwIf(sender.usage.refusal('maxServices', directory.offeringCount));
  directory.offers(sender);
};

/** The list of services. */
export const services: Verb<'services'> = ({ directory }, sender, { id }) => {
  const payload = Payload.ofArguments([directory.serviceIds]);
  sender.deliver({ type: 'reply', peer: ROUTER, epoch: 0, id, payload });
};
