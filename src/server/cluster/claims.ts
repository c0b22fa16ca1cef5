import { within } from '../../async/later.js';
import type { RedisPort } from './redis-client.js';

/** A server that has not said for this long that it is alive holds nothing any more, in ms. */
export const LEASE = 5_000;

/** Redis has to have answered in this time, in ms. */
const DEADLINE = 2_000;

/** So many are looked at in one step. */
const AT_ONCE = 500;

/** Who has a client id: a server, and the epoch of the session. */
export interface Claim {
  readonly node: string;
  readonly epoch: number;
}

/** May be taken the place of, whoever it is. */
export const ANYONE = '*';

/** `KEYS`: the ids. `ARGV`: id, claim, the claim that it may take the place of, what the keys of servers begin with. */
const CLAIM = `
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and held ~= ARGV[2] and held ~= ARGV[3] and ARGV[3] ~= '${ANYONE}' then
  if redis.call('EXISTS', ARGV[4] .. string.match(held, '^%x+')) == 1 then return held end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return false`;

/** `KEYS`: the ids. `ARGV`: id, claim. */
const RELEASE = `
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return false`;

/**
 * Client ids in Redis: of all servers one at a time has an id, as it is taken and compared in one step. A claim holds as
 * long as its server says that it is alive.
 */
export class Claims {
  readonly #redis: RedisPort;
  readonly #ids: string;
  readonly #nodes: string;

  constructor(redis: RedisPort, prefix: string) {
    this.#redis = redis;
    // In one slot of a Redis Cluster.
    this.#ids = `{${prefix}}ids`;
    this.#nodes = `{${prefix}}node:`;
  }

  /**
   * `replaces` may be taken the place of. @returns whether the id has this claim now; rejects where Redis does not answer
   */
  async claim(clientId: string, claim: Claim, replaces?: Claim | typeof ANYONE): Promise<boolean> {
    const before = typeof replaces === 'object' ? textOf(replaces) : (replaces ?? '');
    const held = await this.#run(CLAIM, clientId, textOf(claim), before, this.#nodes);
    return held === null;
  }

  /** It is free again, where it has this claim. */
  async release(clientId: string, claim: Claim): Promise<void> {
    await this.#run(RELEASE, clientId, textOf(claim));
  }

  /** The server is alive. @returns whether it was so all the time; rejects where Redis does not answer */
  async renew(node: string): Promise<boolean> {
    const before = await this.#command('SET', this.#nodes + node, '1', 'PX', `${LEASE}`, 'GET');
    return before !== null;
  }

  /** Claims of servers that do not live any more are forgotten. */
  async sweep(): Promise<void> {
    const isAlive = new Map<string, boolean>();
    let cursor = '0';
    do {
      const [next, entries] = (await this.#command('HSCAN', this.#ids, cursor, 'COUNT', `${AT_ONCE}`)) as [
        string,
        string[],
      ];
      for (let at = 0; at < entries.length; at += 2) {
        const [clientId = '', claim = ''] = entries.slice(at, at + 2);
        const node = claim.slice(0, claim.indexOf(':'));
        const known = isAlive.get(node) ?? (await this.#command('EXISTS', this.#nodes + node)) === 1;
        isAlive.set(node, known);
        if (!known) await this.#run(RELEASE, clientId, claim);
      }
      cursor = `${next}`;
    } while (cursor !== '0');
  }

  /** The server is no more, and neither are its claims. */
  async leave(node: string): Promise<void> {
    await this.#command('DEL', this.#nodes + node);
  }

  #run(script: string, ...args: string[]): Promise<unknown> {
    return this.#command('EVAL', script, '1', this.#ids, ...args);
  }

  #command(...command: string[]): Promise<unknown> {
    const late = () => new Error(`Redis has not answered within ${DEADLINE} ms`);
    return within(this.#redis.command(command), DEADLINE, late);
  }
}

function textOf({ node, epoch }: Claim): string {
  return `${node}:${epoch}`;
}
