import { ROUTER } from '../../protocol/identifiers.js';
import { Payload } from '../../protocol/payload.js';
import type { Verb } from '../verb.js';

/** SC-6: the list of clients. */
export const clients: Verb<'clients'> = ({ directory }, sender, { id }) => {
  const payload = Payload.ofArguments([directory.clientIds]);
  sender.deliver({ type: 'reply', peer: ROUTER, epoch: 0, id, payload });
};

/** SC-6: connected or not. */
export const connected: Verb<'connected'> = ({ directory }, sender, { id, clientId }) => {
  const payload = Payload.ofArguments([directory.get(clientId)?.isListed ?? false]);
  sender.deliver({ type: 'reply', peer: ROUTER, epoch: 0, id, payload });
};
