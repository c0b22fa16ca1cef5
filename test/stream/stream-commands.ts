import fc from 'fast-check';
import { MAX_SESSION_INFLOW, MAX_STREAM_WINDOW, MIN_STREAM_WINDOW } from '../../src/protocol/limits.js';
import type { StreamMode } from '../../src/protocol/packet.js';
import { HARMLESS, HOSTILE } from './hostile-packets.js';

/** A raw socket sends what no stream of ours would. */
export type TamperCommand =
  | { readonly do: 'harmless'; readonly which: number; readonly what: string }
  | { readonly do: 'hostile'; readonly which: number; readonly what: string; readonly count: number };

/** What is done to one side of a stream. */
export type StreamCommand =
  | TamperCommand
  | { readonly do: 'write'; readonly which: number; readonly size: number; readonly kind: number }
  | { readonly do: 'take'; readonly which: number; readonly count: number }
  | { readonly do: 'stream'; readonly which: number; readonly count: number }
  | { readonly do: 'finish'; readonly which: number }
  | { readonly do: 'reset'; readonly which: number };

export interface OpenCommand {
  readonly do: 'open';
  readonly from: number;
  readonly to: number;
  readonly mode: StreamMode;
  readonly windows: readonly [number, number];
}

export type Command =
  | StreamCommand
  | OpenCommand
  | { readonly do: 'disconnect'; readonly client: number }
  | { readonly do: 'deliverUp' | 'flush' | 'deliverDown'; readonly client: number; readonly count: number }
  | { readonly do: 'deliverAll' }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'ballast'; readonly client: number; readonly bytes: number };

const size = fc.oneof(
  fc.constantFrom(0, 1, 1_023, 1_024, 1_025, 64_743, 64_744, 64_745, 64_999, 65_000, 65_001, 131_072),
  fc.integer({ min: 0, max: 3_000 }),
  fc.integer({ min: 0, max: 280_000 }),
);
const which = fc.nat({ max: 23 });
const client = fc.nat({ max: 2 });
const count = fc.integer({ min: 1, max: 12 });
const window = fc.constantFrom(MIN_STREAM_WINDOW, MIN_STREAM_WINDOW, 1_048_576, MAX_STREAM_WINDOW);
const bytes = fc.constantFrom(
  0,
  ...[1, 10_000, 40_000, 400_000].map((room) => MAX_SESSION_INFLOW - room),
  MAX_SESSION_INFLOW,
);

/** Most streams go towards the first client, whose room they share. */
export const open: fc.Arbitrary<OpenCommand> = fc.record({
  do: fc.constant('open'),
  from: client,
  to: fc.constantFrom(0, 0, 1, 2),
  mode: fc.constantFrom('bytes', 'objects'),
  windows: fc.tuple(window, window),
});

const harmless = fc.constantFrom(...Object.keys(HARMLESS));
const hostile = fc.constantFrom(...Object.keys(HOSTILE));

export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 40, arbitrary: open },
  { weight: 300, arbitrary: fc.record({ do: fc.constant('write'), which, size, kind: fc.nat({ max: 3 }) }) },
  { weight: 200, arbitrary: fc.record({ do: fc.constant('take'), which, count }) },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('stream'), which, count }) },
  { weight: 16, arbitrary: fc.record({ do: fc.constantFrom('finish', 'finish', 'finish', 'reset'), which }) },
  { weight: 600, arbitrary: fc.record({ do: fc.constantFrom('deliverUp', 'flush', 'deliverDown'), client, count }) },
  { weight: 60, arbitrary: fc.record({ do: fc.constant('deliverAll') }) },
  { weight: 60, arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.nat({ max: 200 }) }) },
  { weight: 40, arbitrary: fc.record({ do: fc.constant('ballast'), client, bytes }) },
  { weight: 40, arbitrary: fc.record({ do: fc.constant('harmless'), which, what: harmless }) },
  { weight: 15, arbitrary: fc.record({ do: fc.constant('hostile'), which, what: hostile, count }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disconnect'), client }) },
);
