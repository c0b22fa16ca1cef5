import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A real server of download counts, which speaks as npm's does. */
export interface DownloadSource {
  readonly url: string;
  /** The paths that were asked for. */
  readonly asked: readonly string[];
  /** @param counts those of the last days, the latest last; or of the last week alone, spread evenly */
  set(name: string, counts: readonly number[] | number): void;
  /** Answers everything with 500. */
  fail(failing: boolean): void;
  close(): Promise<void>;
}

const DAY = 86_400_000;

/** On a free port; it knows no package until it is told one. */
export async function startDownloadSource(): Promise<DownloadSource> {
  const counts = new Map<string, readonly number[]>();
  const asked: string[] = [];
  let failing = false;
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    asked.push(path);
    const [status, body] = failing ? [500, { error: 'out of order' }] : answer(path, counts);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await once(server.listen(0, 'localhost'), 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    asked,
    set: (name, given) => counts.set(name, typeof given === 'number' ? spread(given) : given),
    fail: (now) => {
      failing = now;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function spread(weekly: number): number[] {
  return Array.from({ length: 7 }, (_, day) => Math.floor(weekly / 7) + (day < weekly % 7 ? 1 : 0));
}

function answer(path: string, counts: ReadonlyMap<string, readonly number[]>): [number, object] {
  const point = /^\/downloads\/point\/last-week\/(.+)$/.exec(path);
  if (point) {
    const names = (point[1] as string).split(',');
    if (names.length === 1) return pointOf(names[0] as string, counts);
    if (names.length > 128 || names.some((name) => name.startsWith('@'))) return [400, { error: 'no such bulk' }];
    return [200, Object.fromEntries(names.map((name) => [name, counts.has(name) ? pointOf(name, counts)[1] : null]))];
  }
  const range = /^\/downloads\/range\/(\d{4}-\d\d-\d\d):(\d{4}-\d\d-\d\d)\/(.+)$/.exec(path);
  if (!range) return [404, { error: 'no such path' }];
  const [start, end, name] = range.slice(1) as [string, string, string];
  const known = counts.get(name);
  if (!known) return [404, { error: `package ${name} not found` }];
  return [200, { start, end, package: name, downloads: daysOf(known, Date.parse(start), Date.parse(end)) }];
}

function pointOf(name: string, counts: ReadonlyMap<string, readonly number[]>): [number, object] {
  const known = counts.get(name);
  if (!known) return [404, { error: `package ${name} not found` }];
  const downloads = known.slice(-7).reduce((sum, count) => sum + count, 0);
  return [200, { downloads, start: dayOf(Date.now() - 7 * DAY), end: dayOf(Date.now() - DAY), package: name }];
}

/** The latest count is yesterday's: of today, none is complete. */
function daysOf(known: readonly number[], start: number, end: number) {
  const yesterday = Date.parse(dayOf(Date.now() - DAY));
  const days: { day: string; downloads: number }[] = [];
  for (let day = start; day <= end; day += DAY) {
    const ago = Math.round((yesterday - day) / DAY);
    days.push({ day: dayOf(day), downloads: (ago >= 0 && known[known.length - 1 - ago]) || 0 });
  }
  return days;
}

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);
