import { expect, it } from 'vitest';
import { atSize, FULL, growth, megabytes, record } from './support/figures.js';
import { kill, outcomes, since } from './support/load.js';
import { startRelayProcess } from './support/relay-process.js';

const ASKERS = 10;
const REQUESTS_EACH = atSize(500, 10_000);

it('faults: peer lost: of the requests to a mute client that is killed, each settles as PEER_GONE', async () => {
  const relay = await startRelayProcess();
  const mute = await relay.connect('mute', { reconnection: false });
  const askers = await Promise.all(Array.from({ length: ASKERS }, (_, n) => relay.connect(`asker ${n}`)));
  const before = await relay.memory();
  let asked = 0;
  const all = ASKERS * REQUESTS_EACH;
  const allAsked = new Promise<void>((resolve) => mute.onAny('ask', () => ++asked === all && resolve()));
  const requests = askers.flatMap((asker) => {
    const patient = asker.with({ timeout: 600_000 });
    return Array.from({ length: REQUESTS_EACH }, () => patient.emitToWithAck('mute', 'ask'));
  });
  const settled = outcomes(requests);
  await allAsked;
  const start = performance.now();
  kill(mute);
  const counts = await settled;
  const time = performance.now() - start;
  const measured = `${all - (counts.PEER_GONE ?? 0)} others, all in ${since(start)}`;
  record({
    threat: 'peer lost',
    size: `${all} requests`,
    goal: 'all settle PEER_GONE within 100 ms',
    measured,
    ok: time <= 100 && counts.PEER_GONE === all,
  });
  expect(counts).toEqual({ PEER_GONE: all });
  expect((await relay.stats()).requests).toBe(0);
  const heap = growth(before, await relay.memory(), 'heapUsed');
  record({
    threat: 'peer lost, what is kept',
    size: `${all} requests`,
    goal: 'heap ≤ +2 MB',
    measured: megabytes(heap),
    ok: heap <= 2,
  });
  if (FULL) expect(heap).toBeLessThanOrEqual(2);
  await relay.stillServes();
}, 120_000);
