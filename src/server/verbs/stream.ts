import type { Verb } from '../verb.js';

// Packets on a stream: the two ends were connected when it was opened.

export const data: Verb<'data' | 'part'> = ({ streams }, sender, packet) => streams.data(sender, packet);

export const credit: Verb<'credit'> = ({ streams }, sender, packet) => streams.credit(sender, packet);

export const finish: Verb<'finish'> = ({ streams }, sender, packet) => streams.finish(sender, packet);

export const reset: Verb<'reset'> = ({ streams }, sender, packet) => streams.reset(sender, packet);
