import { describe, expect, it } from 'vitest';
import { next } from '../support/relay.js';
import { atSize, FULL, megabytes, record } from './support/figures.js';
import { openConnection, RelayPeak } from './support/load.js';
import { startRelayProcess } from './support/relay-process.js';

const CONNECTIONS = atSize(10, 50);
const ANNOUNCES_TEN = `510-${JSON.stringify(['x', ...Array.from({ length: 10 }, (_, num) => ({ _placeholder: true, num }))])}`;

interface Attack {
  readonly threat: string;
  readonly attachments: readonly number[];
  readonly goal?: number;
}

async function attack({ threat, attachments, goal = Number.POSITIVE_INFINITY }: Attack): Promise<void> {
  const relay = await startRelayProcess({ socketIo: { maxHttpBufferSize: 1e7 } });
  const alice = await relay.connect('alice');
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => openConnection(relay.url)));
  const before = await relay.memory();
  const peak = new RelayPeak();
  const start = performance.now();
  const closed = connections.map(async (connection) => {
    const gone = next(connection, 'close');
    connection.engine.write(ANNOUNCES_TEN);
    for (const size of attachments) connection.engine.write(Buffer.alloc(size) as unknown as string);
    await gone;
  });
  await Promise.all(closed);
  const time = performance.now() - start;
  const rss = (peak.rss - before.rss) / 1e6;
  const { arrayBuffers } = await relay.memory();
  const kept = (arrayBuffers - before.arrayBuffers) / 1e6;
  record({
    threat: `never-finished attachments, ${threat}`,
    size: `${CONNECTIONS} × ${attachments.reduce((sum, size) => sum + size, 0) / 1e6} MB`,
    goal: `${goal < Number.POSITIVE_INFINITY ? `RSS ≤ +${goal} MB, ` : ''}closed within 10 s`,
    measured: `peak ${megabytes(rss)}, kept ${megabytes(kept)}, ${(time / 1_000).toFixed(2)} s`,
    ok: rss <= goal && time <= 11_000,
  });
  expect(kept).toBeLessThan(1);
  if (FULL) expect(rss).toBeLessThanOrEqual(goal);
  expect(alice.connected).toBe(true);
  await relay.stillServes();
}

describe('threats: never-finished attachments', () => {
  it('are let go with the connection that has sent too much', () =>
    attack({ threat: 'many', attachments: Array(9).fill(1_100_000), goal: 64 }));

  // While it comes, a single message of a websocket is bounded by `maxHttpBufferSize`, and by nothing else.
  it('are let go where one alone is too much', () => attack({ threat: 'one', attachments: [9_900_000] }));

  // The time allowed is that of the library, in full.
  it.runIf(FULL)('are let go where the rest does not come', () =>
    attack({ threat: 'few, late', attachments: [990_000], goal: 80 }),
  );
});
