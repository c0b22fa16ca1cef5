import type { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { atSize, FULL, megabytes, record } from './support/figures.js';
import { atRest, RelayPeak, startReceiver } from './support/load.js';
import { type RelayProcess, startRelayProcess } from './support/relay-process.js';

/** Streamed before anything is measured: until then RSS grows though nothing is kept. */
const WARM_UP = atSize(20_000_000, 1_500_000_000);
/** Read before the stop, so that the window has grown. */
const READ_FIRST = atSize(20_000_000, 100_000_000);
const OFFERED = atSize(80_000_000, 600_000_000);
const CHUNK = Buffer.alloc(65_000);

/** Writes as long as the stream takes it, and says how much that was. */
function offer(duplex: Duplex, bytes: number): { readonly written: number } {
  const offered = { written: 0 };
  const write = () => {
    while (offered.written < bytes) {
      offered.written += CHUNK.length;
      if (!duplex.write(CHUNK)) return;
    }
  };
  duplex.on('drain', write);
  write();
  return offered;
}

async function scene(relay: RelayProcess) {
  const receiver = await startReceiver(relay.url, 'reader');
  const sender = await relay.connect('sender');
  const warm = await sender.addP2pStream('reader');
  offer(warm, WARM_UP);
  await expect.poll(() => receiver.received(), { timeout: 60_000 }).toBeGreaterThanOrEqual(WARM_UP);
  warm.end();
  return { receiver, sender, warmed: await receiver.received() };
}

interface Stopped {
  readonly how: string;
  readonly goal: number;
  readonly relay: RelayProcess;
  /** Before the stream. */
  readonly before: NodeJS.MemoryUsage;
  /** The most since the stop, with what had not been collected of what went before. */
  readonly peak: number;
  readonly writtenOn: number;
}

async function recordStop({ how, goal, relay, before, peak, writtenOn }: Stopped): Promise<void> {
  const after = await relay.memory();
  const rss = (after.rss - before.rss) / 1e6;
  const kept = (after.heapUsed + after.external - before.heapUsed - before.external) / 1e6;
  record({
    threat: `slow consumer (streams), ${how}`,
    size: `${(OFFERED / 1e6).toFixed(0)} MB offered`,
    goal: `RSS ≤ +${goal} MB, paused, not failed`,
    measured: `${megabytes(rss)} (peak ${megabytes((peak - before.rss) / 1e6)}, kept ${megabytes(kept)}), ${(writtenOn / 1e6).toFixed(1)} MB written on`,
    ok: rss <= goal,
  });
  if (FULL) expect(rss).toBeLessThanOrEqual(goal);
}

it('threats: slow consumer (streams): an application that stops reading pauses the sender', async () => {
  const relay = await startRelayProcess();
  const { receiver, sender, warmed } = await scene(relay);
  const before = await relay.memory();
  await receiver.readUpTo(warmed + READ_FIRST);
  const duplex = await sender.addP2pStream('reader');
  const offered = offer(duplex, OFFERED);
  await expect.poll(() => receiver.received(), { timeout: 60_000 }).toBeGreaterThanOrEqual(warmed + READ_FIRST);
  const peak = new RelayPeak();
  const written = await atRest(() => offered.written);
  await recordStop({ how: 'application', goal: 16, relay, before, peak: peak.rss, writtenOn: written - READ_FIRST });
  expect(written).toBeLessThan(OFFERED);
  expect([await receiver.failure(), duplex.errored]).toEqual([null, null]);
  await receiver.readUpTo();
  await expect.poll(() => receiver.received(), { timeout: 60_000 }).toBeGreaterThanOrEqual(warmed + OFFERED);
  await relay.stillServes();
}, 120_000);

it('threats: slow consumer (streams): a process that is stopped pauses the sender, who goes on when it does', async () => {
  const relay = await startRelayProcess({ socketIo: { pingTimeout: 60_000 } });
  const { receiver, sender, warmed } = await scene(relay);
  const before = await relay.memory();
  const duplex = await sender.addP2pStream('reader');
  const offered = offer(duplex, READ_FIRST + OFFERED);
  await expect.poll(() => offered.written, { interval: 5, timeout: 60_000 }).toBeGreaterThanOrEqual(READ_FIRST);
  const peak = new RelayPeak();
  receiver.freeze();
  const writtenBefore = offered.written;
  const written = await atRest(() => offered.written);
  await recordStop({ how: 'process', goal: 32, relay, before, peak: peak.rss, writtenOn: written - writtenBefore });
  expect(written).toBeLessThan(READ_FIRST + OFFERED);
  expect(duplex.errored).toBe(null);
  receiver.thaw();
  await expect
    .poll(() => receiver.received(), { timeout: 60_000 })
    .toBeGreaterThanOrEqual(warmed + READ_FIRST + OFFERED);
  expect([await receiver.failure(), duplex.errored]).toEqual([null, null]);
  await relay.stillServes();
}, 120_000);
