import { expect, it } from 'vitest';
import { settled, type TestClient } from '../support/relay.js';
import { atSize, FULL, megabytes, record } from './support/figures.js';
import { knows, RelayPeak, startReceiver } from './support/load.js';
import { startRelayProcess } from './support/relay-process.js';

const MESSAGE = Buffer.alloc(100_000, 'x');
const MESSAGES = atSize(600, 6_000);
/** To one that reads: until then RSS grows though nothing is kept. */
const WARM_UP = atSize(200, 6_000);
/** What is sent before the sender waits until the server has read it. */
const BATCH = 50;
const MOST_GROWTH = 64;

/** What a reader's kernel and the relay's take before anything is queued; beyond it and the limit, someone is told. */
const MOST_ON_THE_WAY = 32_000_000;

/** The sender is to meet the limit of its receiver, not its own. */
const RATES = { bytesPerSecond: 1e10, byteBurst: 1e10 };

async function flood() {
  const relay = await startRelayProcess({ socketIo: { pingTimeout: 60_000 }, plugin: { limits: RATES } });
  const receiver = await startReceiver(relay.url, 'stalled');
  const sender = await relay.connect('sender');
  const bystander = await relay.connect('bystander');
  bystander.onAny('ping', (_from, ack) => ack('pong'));
  await send(sender, 'bystander', WARM_UP);
  const { rss: before } = await relay.memory();
  const peak = new RelayPeak();
  receiver.freeze();
  const toldAfter = await send(sender, 'stalled', MESSAGES);
  const rss = (peak.rss - before) / 1e6;
  const kept = ((await relay.memory()).rss - before) / 1e6;
  return { relay, receiver, sender, rss, kept, toldAfter };
}

/** @returns when the sender was told of something for the first time, in ms */
async function send(sender: TestClient, target: string, messages: number): Promise<number> {
  const start = performance.now();
  let toldAfter = 0;
  for (let sent = 0; sent < messages; sent += BATCH) {
    for (let n = 0; n < BATCH; n++) sender.emitTo(target, 'bulk', MESSAGE);
    await settled(sender);
    if (sender.errors.length > 0) toldAfter ||= performance.now() - start;
  }
  return toldAfter;
}

it.runIf(knows('PEER_TOO_SLOW') || process.env.HOSTILE_AHEAD)(
  'threats: slow consumer (messages): what a client does not read fills no memory, and its sender is told',
  async () => {
    const { relay, receiver, sender, rss, kept, toldAfter } = await flood();
    const told = sender.errors.length;
    record({
      threat: 'slow consumer (messages)',
      size: `${(MESSAGES * MESSAGE.length) / 1e6} MB`,
      goal: `RSS ≤ +${MOST_GROWTH} MB, sender told within 1 s`,
      measured: `peak ${megabytes(rss)}, then ${megabytes(kept)}, told ${told} times, first after ${toldAfter.toFixed(0)} ms`,
      ok: rss <= MOST_GROWTH && told > 0,
    });
    expect([...new Set(sender.errors.map(({ code }) => code))]).toEqual(['PEER_TOO_SLOW']);
    if (FULL) expect(rss).toBeLessThanOrEqual(MOST_GROWTH);
    const refused = told * MESSAGE.length;
    expect(MESSAGES * MESSAGE.length - refused).toBeLessThanOrEqual(MOST_ON_THE_WAY);
    expect(await sender.emitToWithAck('bystander', 'ping')).toBe('pong');
    // What nobody was told of arrives when the reader reads on.
    receiver.thaw();
    const expected = MESSAGES * MESSAGE.length - refused;
    await expect.poll(() => receiver.received(), { timeout: 60_000 }).toBe(expected);
    await relay.stillServes();
  },
  120_000,
);
