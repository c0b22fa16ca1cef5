import { ROUTER } from '../../protocol/identifiers.js';
import { P2PError } from '../../protocol/p2p-error.js';
import { Payload } from '../../protocol/payload.js';
import { CALL } from '../edge.js';
import { findService, type Verb } from '../verb.js';
import { openRequest } from './ask.js';

/** CV-3: calls an API; a stream may take the number of the call. */
export const call: Verb<'call'> = (context, sender, packet) => {
  const { id, peer, api } = packet;
  if (sender.streams.has(id)) throw new P2PError('PACKET_INVALID', 'A stream with this number is open');
  const target = findService(context, peer, ({ hasApi }) => hasApi(api));
  openRequest(context, { sender, target, packet }, CALL);
  target.deliver({ ...packet, peer: sender.clientId, epoch: sender.epoch });
};

/** CV-2: this client is a service. */
export const offer: Verb<'offer'> = (_context, sender) => {
  sender.isService = true;
};

/** The list of services. */
export const services: Verb<'services'> = ({ directory }, sender, { id }) => {
  const payload = Payload.ofArguments([directory.serviceIds]);
  sender.deliver({ type: 'reply', peer: ROUTER, epoch: 0, id, payload });
};
