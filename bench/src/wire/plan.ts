import type { Flags } from '../flags.js';
import type { PayloadName } from '../relay/payloads.js';
import type { TurnsPlan } from '../turns.js';
import { WIRE_NAMES, type WireName } from './wires.js';

/** What is sent, by how many, and how much of it is under way. */
export interface WireKindOfTraffic {
  readonly traffic: TrafficName;
  readonly payload: PayloadName;
}

/** Pairs that talk, and messages of each that are under way. */
export const TRAFFIC = {
  pipelined: { pairs: 16, inFlight: 64 },
  'one in flight': { pairs: 16, inFlight: 1 },
  'one pair': { pairs: 1, inFlight: 1 },
  'many pairs': { pairs: 500, inFlight: 4 },
} as const;

export type TrafficName = keyof typeof TRAFFIC;

export const KINDS: readonly WireKindOfTraffic[] = [
  { traffic: 'pipelined', payload: '100 B JSON' },
  { traffic: 'pipelined', payload: '1 KB JSON' },
  { traffic: 'pipelined', payload: '16 KB JSON' },
  { traffic: 'pipelined', payload: '1 KB binary' },
  { traffic: 'pipelined', payload: '64 KB binary' },
  { traffic: 'one in flight', payload: '100 B JSON' },
  { traffic: 'one pair', payload: '100 B JSON' },
  { traffic: 'many pairs', payload: '100 B JSON' },
];

/** What is sent at one rate to all. */
export const OFFERED: readonly PayloadName[] = ['100 B JSON', '1 KB JSON'];

/** Of what the slowest can do. */
export const OFFERED_PART = 0.7;

export interface WirePlan extends TurnsPlan {
  /** Missing: all that there are on this machine. */
  readonly wires: readonly WireName[] | undefined;
}

const FULL: TurnsPlan = { starts: 3, rounds: 2, duration: 1_500, warmUp: 500 };

const QUICK: TurnsPlan = { starts: 1, rounds: 1, duration: 300, warmUp: 200 };

/** @throws Error for one that there is not */
export function planWires(flags: Flags): WirePlan {
  const wires = flags.parts?.map((part) => {
    const wire = WIRE_NAMES.find((name) => name === part);
    if (!wire) throw new Error(`--part takes ${WIRE_NAMES.join(', ')}, not "${part}"`);
    return wire;
  });
  return { ...planTurns(flags), wires };
}

/** How often and how long, whatever the contestants. */
export function planTurns({ quick, starts, rounds, duration }: Flags): TurnsPlan {
  return {
    ...(quick ? QUICK : FULL),
    ...(starts !== undefined && { starts }),
    ...(rounds !== undefined && { rounds }),
    ...(duration !== undefined && { duration }),
  };
}
