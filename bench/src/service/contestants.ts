import { handWritten } from './hand-written.js';
import { ours } from './ours.js';
import type { ServiceContestant } from './service-contestant.js';

/** This library, and what one would write in its place with Socket.IO alone. */
export const CONTESTANTS = ['ours', 'hand-written'] as const;

export type ContestantName = (typeof CONTESTANTS)[number];

const BY_NAME: Record<ContestantName, ServiceContestant> = { ours, 'hand-written': handWritten };

export function contestant(name: ContestantName): ServiceContestant {
  return BY_NAME[name];
}
