import type { Verb } from '../verb.js';

/** The asker waits no longer: a late answer will find no edge. */
export const cancel: Verb<'cancel'> = ({ directory, interest }, sender, { peer, id }) => {
  const target = directory.get(peer);
  if (target) interest.settle(sender, target, id);
};
