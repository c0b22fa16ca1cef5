import { describe, expect, it } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import { record as rawRecord } from '../protocol/frame-twin.js';
import { connected, rawSocketTo, settled, type TestClient } from '../support/relay.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { Attacker } from './support/attacker.js';
import { atSize, megabytes, record } from './support/figures.js';
import { definition, join, whole } from './support/records.js';
import { type RelayProcess, startRelayProcess } from './support/relay-process.js';
import { layTrap } from './support/trap.js';

const FRAMES = atSize(100, 1_000);

/** What is kept of each frame is a few bytes, or some kB. */
const MOST_GROWTH = 32;

/** Nearly all that a frame may hold, and nothing that anybody counts. */
const WASTE = join(...Array(2_200).fill(definition(2, 'message', { peer: 'x'.repeat(128), event: 'y'.repeat(250) })));

interface Scene {
  readonly relay: RelayProcess;
  readonly mallory: Attacker;
}

/** Makes ready, and says what the server is to keep, by its number. */
type Way = (scene: Scene) => Promise<(n: number) => Uint8Array>;

/** A client that reads no more, for whom more than the network takes is waiting. */
async function stalledReader({ relay }: Scene, prepare: (reader: TestClient) => Promise<unknown> = async () => {}) {
  const proxy = await startTcpProxy(relay.port);
  const reader = await connected(p2pClientPlugin(rawSocketTo(`http://localhost:${proxy.port}`), 'stalled'));
  await prepare(reader);
  proxy.stall('down');
  const filler = await relay.connect('filler');
  const fill = async () => {
    for (let n = 0; n < 10; n++) filler.emitTo('stalled', 'fill', Buffer.alloc(100_000));
    await settled(filler);
    return (await relay.stats()).queuedBytes;
  };
  await expect.poll(fill, { interval: 0, timeout: 20_000 }).toBeGreaterThan(2_000_000);
  return reader;
}

const data = '[]';

const WAYS: Readonly<Record<string, Way>> = {
  'a large message for a client that does not read': async (scene) => {
    await stalledReader(scene);
    const large = { peer: 'stalled', event: 'bulk', payload: 1, data: Buffer.alloc(40_000) };
    return () => whole('message', large);
  },
  'small messages for a client that does not read': async (scene) => {
    await stalledReader(scene);
    return () => whole('message', { peer: 'stalled', event: 'small', payload: 0, data });
  },
  'a publication that waits for a subscriber': async (scene) => {
    const { relay, mallory } = scene;
    await layTrap(relay, mallory);
    await stalledReader(scene, (reader) => reader.subscribeTopic(mallory.clientId, 'trap', () => {}).ready);
    const publication = { topic: 'trap', payload: 1, data: Buffer.alloc(100_000) };
    for (let n = 0; n < 30; n++) mallory.send(whole('publish', publication));
    await mallory.settled();
    return (n) => whole('publish-wait', { id: n, timeout: 2e9, topic: 'trap', payload: 0, data });
  },
  'a message that waits for a decision': async ({ mallory }) => {
    mallory.send(whole('message', { peer: 'nobody', event: 'never', payload: 0, data }));
    return () => whole('message', { peer: 'nobody', event: 'x', payload: 0, data });
  },
  'a request that a plain client does not answer': async ({ relay }) => {
    await relay.connectPlain('ben', { auth: { clientId: 'ben' } });
    return (id) => whole('request', { peer: 'ben', epoch: 0, id, timeout: 2e9, event: 'x', payload: 0, data });
  },
  'a request that a client with the plugin does not answer': async ({ relay }) => {
    (await relay.connect('alice')).onAny('x', () => {});
    return (id) => whole('request', { peer: 'alice', epoch: 0, id, timeout: 2e9, event: 'x', payload: 0, data });
  },
  'a piece of a stream that a plain client does not take': async ({ relay, mallory }) => {
    const ben = await relay.connectPlain('ben', { auth: { clientId: 'ben' } });
    ben.on('MULTI_API_CREATE_STREAM', (_body, ack) => ack({}));
    ben.on('MULTI_API_STREAM_CHUNK', () => {});
    const opened = new Promise((resolve) => mallory.onPacket((_data, [type]) => type === 'opened' && resolve(type)));
    const open = { peer: 'ben', epoch: 0, id: 9, timeout: 10_000, mode: 'objects', credit: 131_072, payload: 0, data };
    mallory.send(whole('open', open));
    await opened;
    return () => whole('data', { stream: 9, probe: 0, payload: 0, data: '[1]' });
  },
  'names with numbers': async () => (n) =>
    definition(3 + (n % 1_000), 'message', { peer: `${n}`.padStart(128), event: `${n}`.padStart(256) }),
  'a record that is wrong': async () => () => rawRecord(1_025),
};

/** Each way by itself: a relay where the event `never` is decided about at no time. */
async function scene(): Promise<Scene> {
  const relay = await startRelayProcess({
    leaky: true,
    socketIo: { pingTimeout: 60_000 },
    plugin: { limits: { authorizeTimeout: 600_000, violationBurst: 1e6, packetBurst: 1e9, byteBurst: 1e12 } },
  });
  return { relay, mallory: await Attacker.connect(relay.url, 'frames') };
}

describe('R-1 what the server keeps of a frame', () => {
  it.each(Object.entries(WAYS))(
    'R-1 the memory that is kept for %s is not that of its whole frame',
    async (what, prepare) => {
      const all = await scene();
      const { relay, mallory } = all;
      const write = await prepare(all);
      const { arrayBuffers: before } = await relay.memory();
      for (let n = 0; n < FRAMES; n++) {
        mallory.send(join(write(n), WASTE));
        // A packet would wait for the decision; this is refused at once.
        if (n % 10 === 9) await mallory.socket.emitWithAck('IS_CLIENT_CONNECTED', {});
      }
      const grown = ((await relay.memory()).arrayBuffers - before) / 1e6;
      const [size, measured] = [`${FRAMES} frames of ${(WASTE.length / 1e6).toFixed(1)} MB`, megabytes(grown)];
      const ok = grown <= MOST_GROWTH;
      record({ threat: `frames in memory, ${what}`, size, goal: `buffers ≤ +${MOST_GROWTH} MB`, measured, ok });
      expect(mallory.disconnects).toBe(0);
      expect(grown).toBeLessThanOrEqual(MOST_GROWTH);
    },
  );
});
