import { machineLine } from '../machine.js';
import { count, number, ratio, spread, table } from '../markdown.js';
import { CONTESTANTS } from './contestants.js';
import { bytesSentPerMessage, cpuPerMessage, cpuRatio, figure, memoryFigure, messagesPerSecond } from './figures.js';
import { PAYLOADS } from './payloads.js';
import { IN_FLIGHT, PAIRS } from './plan.js';
import type { RelayResults } from './run-relay.js';

/** What a message may cost more with the most clients than with the fewest. */
const GROWTH_LIMIT = 1.15;

/** From here on the server's memory is mostly its clients'. */
const MANY_CLIENTS = 1_000;

/** The run as Markdown. */
export function reportRelay(results: RelayResults): string {
  return [
    describeRun(results),
    '### A relayed message\n',
    `${costTable(results)}\n`,
    '### Growth with connected clients\n',
    `${growthTable(results)}\n`,
    '### Memory of the server\n',
    memoryTable(results),
  ].join('\n');
}

function describeRun({ machine, plan }: RelayResults): string {
  return [
    machineLine(machine),
    '',
    `${PAIRS} pairs talk, ${IN_FLIGHT} messages of each under way, all other clients idle; ` +
      `${plan.starts} × ${plan.rounds} rounds (fresh processes × rounds) of ${plan.duration} ms each; median (least–most).`,
    '',
  ].join('\n');
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
    results.plan.clients.map((clients) => {
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
  const fewest = results.plan.clients[0]!;
  const most = results.plan.clients.at(-1)!;
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

function memoryTable(results: RelayResults): string {
  const keys = results.plan.clients.flatMap((clients) => CONTESTANTS.map((contestant) => ({ contestant, clients })));
  const rows = keys.map((key) => [
    key.contestant,
    count(key.clients),
    megabytes(memoryFigure(results, key, ({ connected }) => connected.rss)),
    megabytes(memoryFigure(results, key, ({ connected }) => connected.heap)),
    perClient(
      memoryFigure(results, key, ({ connected, empty }) => connected.rss - empty.rss),
      key.clients,
    ),
    perClient(
      memoryFigure(results, key, ({ connected, empty }) => connected.heap - empty.heap),
      key.clients,
    ),
  ]);
  return table(['server', 'clients', 'RSS', 'heap', 'RSS per client', 'heap per client'], rows);
}

function megabytes(bytes: number): string {
  return `${number(bytes / 2 ** 20)} MiB`;
}

/** With few clients it would be the growth of everything else. */
function perClient(bytes: number, clients: number): string {
  return clients < MANY_CLIENTS ? '–' : `${number(bytes / 2 ** 10 / clients)} KiB`;
}
