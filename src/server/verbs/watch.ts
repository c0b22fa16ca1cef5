import type { Verb } from '../verb.js';

/** CM-5: `from()` wants to know when the peer's session ends. */
export const watch: Verb<'watch'> = ({ directory, interest }, sender, { peer }) => {
  interest.watch(sender, peer, directory.holder(peer));
};

export const unwatch: Verb<'unwatch'> = ({ directory, interest }, sender, { peer }) => {
  interest.unwatch(sender, peer, directory.holder(peer));
};
