import { machineLine } from '../machine.js';
import { count, number, ratio, spread, table } from '../markdown.js';
import { describeTurns } from '../turn-figures.js';
import { verdictTable } from '../verdict.js';
import { CONTESTANTS } from './contestants.js';
import {
  bytesSentPerMessage,
  clientsRange,
  cpuPerMessage,
  cpuRatio,
  figure,
  growthOf,
  messagesPerSecond,
} from './figures.js';
import { idleSection } from './idle-report.js';
import { PAYLOADS } from './payloads.js';
import { IN_FLIGHT, PAIRS } from './plan.js';
import { policySection } from './policy-report.js';
import type { RelayResults } from './run-relay.js';
import { verdictsOf } from './verdicts.js';

/** The run as Markdown; parts that were not run are left out. */
export function reportRelay(results: RelayResults): string {
  const verdicts = verdictsOf(results);
  return [
    machineLine(results.machine),
    ...(verdicts.length > 0 ? ['### Goals', verdictTable(verdicts)] : []),
    ...messagesSection(results),
    ...idleSection(results),
    ...policySection(results),
  ].join('\n\n');
}

function messagesSection(results: RelayResults): string[] {
  const { samples, plan } = results;
  if (samples.length === 0) return [];
  return [
    `${PAIRS} pairs talk, ${IN_FLIGHT} messages of each under way, all other clients idle; ` +
      `${describeTurns(plan.messages)}; median (least–most).`,
    '### A relayed message',
    costTable(results),
    '### Growth with connected clients',
    growthTable(results),
  ];
}

/** Time, CPU and bytes of both contestants side by side. */
function costTable(results: RelayResults): string {
  const head = [
    'payload',
    'clients',
    'ours, µs CPU',
    'hand-written, µs CPU',
    'ours / hand-written',
    'ours, messages/s',
    'hand-written, messages/s',
    'ours, bytes sent',
    'hand-written, bytes sent',
  ];
  const rows = PAYLOADS.flatMap(({ name: payload }) =>
    results.plan.messages.clients.map((clients) => {
      const ours = { contestant: 'ours', clients, payload } as const;
      const handWritten = { contestant: 'hand-written', clients, payload } as const;
      return [
        payload,
        count(clients),
        spread(figure(results, ours, cpuPerMessage)),
        spread(figure(results, handWritten, cpuPerMessage)),
        `**${spread(cpuRatio(results, ours, handWritten), ratio)}**`,
        spread(figure(results, ours, messagesPerSecond)),
        spread(figure(results, handWritten, messagesPerSecond)),
        number(figure(results, ours, bytesSentPerMessage).median),
        number(figure(results, handWritten, bytesSentPerMessage).median),
      ];
    }),
  );
  return table(head, rows);
}

function growthTable(results: RelayResults): string {
  const { fewest, most } = clientsRange(results);
  const rows = PAYLOADS.map(({ name: payload }) => [
    payload,
    ...CONTESTANTS.map((contestant) => spread(growthOf(results, contestant, payload), ratio)),
  ]);
  return `With ${count(most)} clients over with ${count(fewest)}.\n\n${table(['µs CPU per message', ...CONTESTANTS], rows)}`;
}
