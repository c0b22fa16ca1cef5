import { expect, it } from 'vitest';
import type { ErrorCode } from '../../src/protocol/error-codes.js';
import { PACKET_KINDS } from './support/attacker.js';
import { startChild } from './support/child.js';
import { atSize, honest, record, recordLatency } from './support/figures.js';
import { NOTHING_OPEN, startRelayProcess } from './support/relay-process.js';

const LIMITS = {
  packetsPerSecond: 1_000,
  packetBurst: 2_000,
  maxRooms: 100,
  maxStreams: 50,
  maxPairs: 1,
  maxWatches: 100,
  maxSubscriptions: 50,
};

const RATE = 10 * LIMITS.packetsPerSecond;
const SECONDS = atSize(3, 30);

interface Flood {
  /** Of the attacker, each under another id and of another kind. */
  readonly sessions: number;
  readonly disconnects: number;
  /** By kind. */
  readonly codes: Readonly<Record<string, Readonly<Partial<Record<ErrorCode, number>>>>>;
  readonly seconds: number;
}

/** What each kind comes up against first. */
const LIMITED_BY: Readonly<Record<string, ErrorCode>> = {
  messages: 'RATE_LIMITED',
  joins: 'LIMIT_EXCEEDED',
  opens: 'LIMIT_EXCEEDED',
  subscriptions: 'LIMIT_EXCEEDED',
  pairs: 'LIMIT_EXCEEDED',
  watches: 'LIMIT_EXCEEDED',
  offers: 'RATE_LIMITED',
};

it.each(PACKET_KINDS)(
  'threats: flood: ten times of what a %s client may send is refused by codes, then closed, and harms nobody else',
  async (kind) => {
    const relay = await startRelayProcess({ plugin: { limits: LIMITS } });
    const pair = await honest(relay);
    const attacker = await startChild('flood-child.js', { url: relay.url, frames: kind === 'frames' });
    await pair.requests(200);
    const before = await pair.requests(atSize(300, 3_000));
    let flood: Flood | undefined;
    const during = await pair.during(async () => {
      flood = await attacker.ask<Flood>('flood', RATE * SECONDS, RATE);
    });
    const { codes, sessions, disconnects, seconds } = flood as Flood;
    const total = (code: ErrorCode) => Object.values(codes).reduce((sum, counts) => sum + (counts[code] ?? 0), 0);
    const [rate, limit, closed] = [total('RATE_LIMITED'), total('LIMIT_EXCEEDED'), total('POLICY_VIOLATION')];
    record({
      threat: `flood, ${kind}`,
      size: `${RATE * SECONDS} packets in ${seconds.toFixed(1)} s`,
      goal: 'typed error, then close',
      measured: `${rate} RATE_LIMITED, ${limit} LIMIT_EXCEEDED, ${closed} of ${sessions} sessions POLICY_VIOLATION`,
      ok: rate > 0 && limit > 0 && closed >= sessions - 1,
    });
    recordLatency(`flood, ${kind}`, before, during);
    for (const [kind, code] of Object.entries(LIMITED_BY)) {
      expect([kind, codes[kind]]).toEqual([kind, expect.objectContaining({ [code]: expect.any(Number) })]);
      expect([kind, codes[kind]?.POLICY_VIOLATION ?? 0]).not.toEqual([kind, 0]);
    }
    // The last session may have ended by itself.
    expect(closed).toBeGreaterThanOrEqual(sessions - 1);
    expect(disconnects).toBeGreaterThanOrEqual(sessions - 1);
    expect(during.failed).toBe(0);
    expect(during.count).toBeGreaterThan(0);
    await expect.poll(() => relay.clients()).toEqual(['honest-asking', 'honest-answering']);
    await expect.poll(() => relay.stats()).toMatchObject({ clients: 2, ...NOTHING_OPEN });
    await relay.stillServes();
  },
  120_000,
);
