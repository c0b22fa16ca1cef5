import { chunkAndAck, plainEmits } from './hand-written.js';
import { ours } from './ours.js';
import { rawWs } from './raw-ws.js';
import type { StreamContestant } from './stream-contestant.js';

/** This library, and what one would write in its place. */
const BY_NAME = {
  ours,
  'plain emits': plainEmits,
  'chunk and ack': chunkAndAck,
  'raw ws': rawWs,
} satisfies Record<string, StreamContestant>;

export type ContestantName = keyof typeof BY_NAME;

export function contestant(name: ContestantName): StreamContestant {
  return BY_NAME[name];
}
