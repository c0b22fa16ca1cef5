import { count, number, table } from '../markdown.js';
import { spreadOf } from '../statistics.js';
import type { CellKey, CellMemory } from './cell.js';

/** From here on the server's memory is mostly its clients'. */
const MANY_CLIENTS = 1_000;

export function memoryTable(memory: readonly CellMemory[], keys: readonly CellKey[]): string {
  const rows = keys.map((key) => {
    const all = memory.filter(({ contestant, clients }) => contestant === key.contestant && clients === key.clients);
    const median = (of: (each: CellMemory) => number) => spreadOf(all.map(of)).median;
    return [
      key.contestant,
      count(key.clients),
      megabytes(median(({ connected }) => connected.rss)),
      megabytes(median(({ connected }) => connected.heap)),
      perClient(
        median(({ connected, empty }) => connected.rss - empty.rss),
        key.clients,
      ),
      perClient(
        median(({ connected, empty }) => connected.heap - empty.heap),
        key.clients,
      ),
    ];
  });
  return table(['server', 'clients', 'RSS', 'heap', 'RSS per client', 'heap per client'], rows);
}

function megabytes(bytes: number): string {
  return `${number(bytes / 2 ** 20)} MiB`;
}

/** With few clients it would be the growth of everything else. */
function perClient(bytes: number, clients: number): string {
  return clients < MANY_CLIENTS ? '–' : `${number(bytes / 2 ** 10 / clients)} KiB`;
}
