import { count } from '../markdown.js';
import { atMostRatio, type Verdict } from '../verdict.js';
import { clientsRange, growthOf } from './figures.js';
import { idleVerdicts } from './idle-report.js';
import { PAYLOADS } from './payloads.js';
import type { RelayResults } from './run-relay.js';

/** What a message may cost with the most clients over what it costs with the fewest. */
const GROWTH_LIMIT = 1.15;

/** Every goal on messages and idle clients of which the run has measured something. */
export function verdictsOf(results: RelayResults): Verdict[] {
  return [...idleVerdicts(results), ...growthVerdicts(results)];
}

function growthVerdicts(results: RelayResults): Verdict[] {
  if (results.samples.length === 0) return [];
  const { fewest, most } = clientsRange(results);
  return PAYLOADS.map(({ name }) =>
    atMostRatio({
      what: `${name}, with ${count(most)} clients over with ${count(fewest)}: the server's CPU, ours`,
      measured: growthOf(results, 'ours', name),
      most: GROWTH_LIMIT,
    }),
  );
}
