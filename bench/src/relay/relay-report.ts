import { machineLine } from '../machine.js';
import { count, number, ratio, spread, table } from '../markdown.js';
import { describeTurns } from '../turn-figures.js';
import { CONTESTANTS } from './contestants.js';
import { bytesSentPerMessage, cpuPerMessage, cpuRatio, figure, messagesPerSecond } from './figures.js';
import { memoryTable } from './memory-table.js';
import { PAYLOADS } from './payloads.js';
import { IN_FLIGHT, PAIRS } from './plan.js';
import { policySection } from './policy-report.js';
import type { RelayResults } from './run-relay.js';

/** What a message may cost more with the most clients than with the fewest. */
const GROWTH_LIMIT = 1.15;

/** The run as Markdown; parts that were not run are left out. */
export function reportRelay(results: RelayResults): string {
  return [machineLine(results.machine), ...messagesSection(results), ...policySection(results)].join('\n\n');
}

function messagesSection(results: RelayResults): string[] {
  const { memory, samples, plan } = results;
  if (samples.length === 0) return [];
  const { clients } = plan.messages;
  const keys = clients.flatMap((count) => CONTESTANTS.map((contestant) => ({ contestant, clients: count })));
  return [
    `${PAIRS} pairs talk, ${IN_FLIGHT} messages of each under way, all other clients idle; ` +
      `${describeTurns(plan.messages)}; median (least–most).`,
    '### A relayed message',
    costTable(results),
    '### Growth with connected clients',
    growthTable(results),
    '### Memory of the server',
    memoryTable(memory, keys),
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
  const fewest = results.plan.messages.clients[0]!;
  const most = results.plan.messages.clients.at(-1)!;
  const rows = PAYLOADS.map(({ name: payload }) => {
    const [ours, handWritten] = CONTESTANTS.map((contestant) =>
      cpuRatio(results, { contestant, payload, clients: most }, { contestant, payload, clients: fewest }),
    );
    return [
      payload,
      spread(ours!, ratio),
      spread(handWritten!, ratio),
      ours!.median <= GROWTH_LIMIT ? 'yes' : '**no**',
    ];
  });
  const head = ['µs CPU per message', 'ours', 'hand-written', `ours ≤ ${GROWTH_LIMIT}`];
  return `With ${count(most)} clients over with ${count(fewest)}.\n\n${table(head, rows)}`;
}
