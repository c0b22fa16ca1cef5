import { findTarget, type Verb } from '../verb.js';

/** CM-2: to one client, its sender stamped. */
export const message: Verb<'message'> = (context, sender, { peer, event, payload }) => {
  findTarget(context, peer, event).deliver({ type: 'message', peer: sender.clientId, event, payload }, { sender });
};
