import type { Verb } from '../verb.js';

/** The asker waits no longer: the one who was asked is told, and a late answer will find no edge. */
export const cancel: Verb<'cancel'> = ({ directory, interest }, sender, { peer, id }) => {
  for (const target of directory.all(peer)) {
    if (!interest.settle(sender, target, id)) continue;
    target.deliver({ type: 'cancel', peer: sender.clientId, epoch: sender.epoch, id });
  }
};
