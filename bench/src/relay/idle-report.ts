import { count, number, spread, table } from '../markdown.js';
import { inUse } from '../memory.js';
import { type Spread, spreadOf } from '../statistics.js';
import type { Verdict } from '../verdict.js';
import { IDLE_CONTESTANTS } from './contestants.js';
import type { IdleSample } from './idle.js';
import type { RelayResults } from './run-relay.js';

/** What an idle client of this library may take more than one of Socket.IO alone, in KB. */
const MORE_LIMIT = 3;

type Figure = (sample: IdleSample) => number;

/** Heap and buffers, in bytes. */
const inUseEach: Figure = ({ connected, empty, clients }) => (inUse(connected) - inUse(empty)) / clients;
const rssEach: Figure = ({ connected, empty, clients }) => (connected.rss - empty.rss) / clients;
const cpuEach: Figure = ({ cpuMicros, clients }) => cpuMicros / clients;
const eachSecond: Figure = ({ clients, elapsedMs }) => (clients / elapsedMs) * 1_000;

const inKib =
  (of: Figure): Figure =>
  (sample) =>
    of(sample) / 2 ** 10;

export function idleSection({ idle, plan }: RelayResults): string[] {
  if (idle.length === 0) return [];
  const rows = plan.idle.clients.flatMap((clients) =>
    IDLE_CONTESTANTS.map((contestant) => {
      const own = idle.filter((sample) => sample.contestant === contestant && sample.clients === clients);
      const figures = [inKib(inUseEach), inKib(rssEach), cpuEach, eachSecond];
      return [contestant, count(clients), ...figures.map((of) => spread(spreadOf(own.map(of))))];
    }),
  );
  const head = [
    'server',
    'clients',
    'heap and buffers per client, KiB',
    'RSS per client, KiB',
    'µs CPU per connect',
    'connects/s',
  ];
  return ['### Idle clients', `${plan.idle.starts} fresh starts; median (least–most).\n\n${table(head, rows)}`];
}

/** Judged where the most are connected: with few, it is the growth of everything else. */
export function idleVerdicts({ idle, plan }: RelayResults): Verdict[] {
  if (idle.length === 0) return [];
  const most = plan.idle.clients.at(-1)!;
  const more = moreThanBare(idle.filter(({ clients }) => clients === most));
  return [
    {
      what: `An idle client, of ${count(most)}: the server's heap and buffers, ours over bare, KB`,
      goal: `≤ +${MORE_LIMIT}`,
      measured: spread(more, number),
      met: more.median <= MORE_LIMIT,
    },
  ];
}

/** In KB, start by start. */
function moreThanBare(samples: readonly IdleSample[]): Spread {
  const bases = samples.filter(({ contestant }) => contestant === 'bare');
  const ours = samples.filter(({ contestant }) => contestant === 'ours');
  const baseOf = ({ start }: IdleSample) => bases.find((base) => base.start === start)!;
  return spreadOf(ours.map((sample) => (inUseEach(sample) - inUseEach(baseOf(sample))) / 1_000));
}
