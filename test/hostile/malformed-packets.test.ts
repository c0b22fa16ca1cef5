import { describe, expect, it } from 'vitest';
import { next, rawSocketTo } from '../support/relay.js';
import { Attacker, type AttackerKind } from './support/attacker.js';
import { atSize, FULL, growth, honest, megabytes, record, recordLatency } from './support/figures.js';
import {
  BROKEN_TEXTS,
  MALFORMED_HELLOS,
  MALFORMED_PACKETS,
  MALFORMED_VERBS,
  type MalformedKind,
} from './support/malformed.js';
import { MALFORMED_FRAMES, malformed, STRAY_FRAMES } from './support/malformed-frames.js';
import { pick, randomNumbers } from './support/random.js';
import { NOTHING_OPEN, startRelayProcess } from './support/relay-process.js';
import { connectVictims } from './support/victims.js';

async function scene() {
  const relay = await startRelayProcess();
  const victims = await connectVictims(relay);
  await victims.alice.joinRoom('lobby');
  victims.alice.createTopic('news');
  await victims.fine();
  return { relay, ...victims };
}

const LANES = [
  ['plugin', MALFORMED_PACKETS, atSize(4_000, 150_000)],
  ['frames', MALFORMED_FRAMES, atSize(2_000, 100_000)],
  ['plain', MALFORMED_VERBS, atSize(2_000, 50_000)],
] as const satisfies (readonly [AttackerKind, readonly MalformedKind[], number])[];

describe('R-1 malformed packets', () => {
  it.each(LANES)('R-1 of a %s client do no harm', async (kind, kinds, count) => {
    const { relay, heard, fine } = await scene();
    const pair = await honest(relay);
    const before = await pair.requests(atSize(100, 1_000));
    const mallory = await Attacker.connect(relay.url, kind);
    await mallory.flood(malformed(kinds, atSize(1_000, 20_000), randomNumbers(1)));
    const memory = await relay.memory();
    const during = await pair.during(() => mallory.flood(malformed(kinds, count, randomNumbers(2))));
    const grown = growth(memory, await relay.memory(), 'heapUsed');
    const threat = `malformed packets, ${kind}`;
    const size = `${kinds.length} kinds, ${count} packets`;
    record({
      threat,
      size,
      goal: 'nothing relayed',
      measured: `${heard.length} relayed, ${mallory.disconnects} times sent away`,
      ok: heard.length === 0,
    });
    record({ threat, size, goal: 'heap ≤ +5 MB', measured: megabytes(grown), ok: grown <= 5 });
    recordLatency(threat, before, during);
    expect(heard).toEqual([]);
    expect(during.failed).toBe(0);
    if (FULL) expect(grown).toBeLessThanOrEqual(5);
    await fine();
    await relay.stillServes();
    mallory.socket.disconnect();
    // Alice is a service; nobody subscribes to her topic.
    const left = { clients: 6, ...NOTHING_OPEN, services: 1 };
    await expect.poll(() => relay.stats()).toMatchObject(left);
  });

  it('R-1 are of at least 60 kinds', () => {
    const names = [...MALFORMED_PACKETS, ...MALFORMED_VERBS].map(({ name }) => name);
    expect(new Set(names).size).toBeGreaterThanOrEqual(60);
    const ofFrames = MALFORMED_FRAMES.map(({ name }) => name);
    expect(new Set(ofFrames).size).toBe(ofFrames.length);
    expect(ofFrames.length).toBeGreaterThanOrEqual(40);
  });

  it('R-1 that say hello end the session of their sender alone', async () => {
    const { relay, heard, fine } = await scene();
    const random = randomNumbers(3);
    for (let n = 0; n < atSize(40, 500); n++) {
      const mallory = await Attacker.connect(relay.url, 'plain', `hello-${n}`);
      const gone = next(mallory.socket, 'disconnect');
      mallory.send(pick(random, MALFORMED_HELLOS).write(random));
      await gone;
    }
    expect(heard).toEqual([]);
    await fine();
    await relay.stillServes();
  });

  it.each(['plugin', 'frames', 'plain'] as const)(
    'R-1 that no parser reads cost a %s client its own connection',
    async (kind) => {
      const { relay, heard, fine } = await scene();
      const mallory = await Attacker.connect(relay.url, kind);
      for (const broken of [...BROKEN_TEXTS, ...Object.values(STRAY_FRAMES)]) {
        mallory.send(broken);
        await mallory.settled();
      }
      expect(heard).toEqual([]);
      await fine();
      await relay.stillServes();
    },
  );

  const announcements = [null, true, 0, -1, 'x', [], {}, { version: 1 }, { version: '1', secret: 's' }];
  const ids = [null, true, 0, -1, '', 'x'.repeat(129), [], {}, ['alice'], '\n', '__proto__', 'constructor', 'alice'];

  it('R-1 of a connect are refused with a code', async () => {
    const { relay, fine } = await scene();
    const auths = [
      ...announcements.map((p2p) => ({ clientId: 'mallory', p2p })),
      ...ids.flatMap((clientId) => [{ clientId }, { clientId, p2p: { version: 1, secret: 's' } }]),
      {},
    ];
    const codes: unknown[] = [];
    for (const auth of auths) {
      const socket = rawSocketTo(relay.url, { auth, reconnection: false });
      const [error] = await next<[Error & { data?: { code?: string } }]>(socket, 'connect_error');
      codes.push(error.data?.code);
      socket.disconnect();
    }
    const expected = ['PACKET_INVALID', 'CLIENT_ID_INVALID', 'CLIENT_ID_IN_USE', 'CLIENT_ID_REQUIRED'];
    expect(new Set(codes)).toEqual(new Set(expected));
    await fine();
    await relay.stillServes();
  });
});
