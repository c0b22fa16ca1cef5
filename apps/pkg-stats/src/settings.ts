import { homedir } from 'node:os';
import { join } from 'node:path';

/** Everything that is set from outside, by environment variables. Times are in ms. */
export interface Settings {
  /** `PKG_STATS_PORT`: where the web server listens; 0 takes any. Default 8080. */
  readonly port: number;
  /** `PKG_STATS_ORIGIN`: what canonical addresses begin with. Default: where the web server listens. */
  readonly origin: string | undefined;
  /** `PKG_STATS_RELAY`: the address of the web server, for workers and webhook clients that are started by themselves. */
  readonly relay: string;
  /** `PKG_STATS_TOKEN`: by which workers show that they are some. */
  readonly token: string | undefined;
  /** `PKG_STATS_REGISTRY`: instead of the one that npm is configured with. */
  readonly registry: string | undefined;
  /** `PKG_STATS_DOWNLOADS`: address of the source of download counts; `npm` for the public one. None by default. */
  readonly downloads: string | undefined;
  /** `PKG_STATS_CHANGES`: address of the registry's change feed, as CouchDB has it. Without one the registry is polled. */
  readonly changes: string | undefined;
  /** `PKG_STATS_QUERIES`: what is searched for to fill the index, separated by `,`. By default an empty text, for all. */
  readonly queries: readonly string[];
  /** `PKG_STATS_CACHE`: the folder of the cache, which several workers may share. Default `pkg-stats` in the user's cache folder. */
  readonly cacheFolder: string;
  /** `PKG_STATS_FRESH_FOR`: how long what the registry has said is shown without asking again. Default 60 s. */
  readonly freshFor: number;
  /** `PKG_STATS_POLL_EVERY`: how often the index is brought up to date. Default 60 s. */
  readonly pollEvery: number;
  /** `PKG_STATS_REQUEST_TIMEOUT`: how long an answer of the registry may take. Default 8 s. */
  readonly requestTimeout: number;
  /** `PKG_STATS_REQUESTS_PER_SECOND`: what the registry is asked at most. Default 20. */
  readonly requestsPerSecond: number;
  /** `PKG_STATS_WEBHOOK`: where the webhook client posts to. */
  readonly webhook: string | undefined;
}

/** Longest that a timer of Node can be, in ms. */
const LONGEST_TIMER = 2_147_483_647;

interface Bounds {
  readonly least: number;
  readonly most?: number;
  readonly otherwise: number;
}

/** @throws Error that names the variable */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const text = (name: string) => env[`PKG_STATS_${name}`]?.trim() || undefined;
  const number = (name: string, { least, most = LONGEST_TIMER, otherwise }: Bounds) => {
    const given = text(name);
    const value = given === undefined ? otherwise : Number(given);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new Error(`PKG_STATS_${name} has to be a whole number from ${least} to ${most}, not "${given}"`);
  };
  const address = (name: string) => {
    const given = text(name);
    if (given === undefined || (name === 'DOWNLOADS' && given === 'npm')) return given;
    if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return given;
    // It may hold a password.
    throw new Error(`PKG_STATS_${name} has to be the address of an HTTP server, http://… or https://…`);
  };
  const base = (name: string) => address(name)?.replace(/\/+$/, '');
  const port = number('PORT', { least: 0, most: 65_535, otherwise: 8080 });
  return {
    port,
    origin: base('ORIGIN'),
    relay: base('RELAY') ?? `http://localhost:${port}`,
    token: text('TOKEN'),
    registry: address('REGISTRY'),
    downloads: address('DOWNLOADS'),
    changes: address('CHANGES'),
    queries: text('QUERIES')
      ?.split(',')
      .map((query) => query.trim()) ?? [''],
    cacheFolder: text('CACHE') ?? join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pkg-stats'),
    freshFor: number('FRESH_FOR', { least: 0, otherwise: 60_000 }),
    pollEvery: number('POLL_EVERY', { least: 100, otherwise: 60_000 }),
    requestTimeout: number('REQUEST_TIMEOUT', { least: 100, otherwise: 8_000 }),
    requestsPerSecond: number('REQUESTS_PER_SECOND', { least: 1, otherwise: 20 }),
    webhook: address('WEBHOOK'),
  };
}
