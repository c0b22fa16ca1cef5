import { type Spread, spreadOf } from '../statistics.js';
import type { ContestantName } from './contestants.js';
import type { PayloadName } from './payloads.js';
import type { RelayResults, Sample } from './run-relay.js';

/** Which measurements belong together: one in each round. */
export interface SeriesKey {
  readonly contestant: ContestantName;
  readonly clients: number;
  readonly payload: PayloadName;
}

export const cpuPerMessage = ({ cpuMicros, messages }: Sample): number => cpuMicros / messages;

export const messagesPerSecond = ({ messages, elapsedMs }: Sample): number => (messages / elapsedMs) * 1_000;

export const bytesSentPerMessage = ({ bytesSent, messages }: Sample): number => bytesSent / messages;

/** One figure over all rounds. */
export function figure(results: RelayResults, key: SeriesKey, of: (sample: Sample) => number): Spread {
  return spreadOf(series(results, key).map(of));
}

/** CPU time per message of one series over that of another, taken round by round. */
export function cpuRatio(results: RelayResults, key: SeriesKey, base: SeriesKey): Spread {
  const bases = series(results, base);
  return spreadOf(series(results, key).map((sample, index) => cpuPerMessage(sample) / cpuPerMessage(bases[index]!)));
}

/** The fewest and the most clients with which messages were measured. */
export function clientsRange({ plan }: RelayResults): { readonly fewest: number; readonly most: number } {
  const { clients } = plan.messages;
  return { fewest: clients[0]!, most: clients.at(-1)! };
}

/** CPU time per message with the most clients over that with the fewest. */
export function growthOf(results: RelayResults, contestant: ContestantName, payload: PayloadName): Spread {
  const { fewest, most } = clientsRange(results);
  return cpuRatio(results, { contestant, payload, clients: most }, { contestant, payload, clients: fewest });
}

function series({ samples }: RelayResults, { contestant, clients, payload }: SeriesKey): Sample[] {
  return samples.filter(
    (sample) => sample.contestant === contestant && sample.clients === clients && sample.payload === payload,
  );
}
