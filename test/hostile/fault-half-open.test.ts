import { expect, it, onTestFinished } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import { connected, rawSocketTo } from '../support/relay.js';
import { type Direction, startTcpProxy } from '../support/tcp-proxy.js';
import { record } from './support/figures.js';
import { outcomes } from './support/load.js';
import { startRelayProcess } from './support/relay-process.js';

/** Of the operations, in ms; a ping would tell after 45,000. */
const DEADLINE = 300;

it.each([
  ['who asks', 'up'],
  ['who asks', 'down'],
  ['who is asked', 'up'],
  ['who is asked', 'down'],
] as const)(
  'faults: half-open peer: of %s the network swallows what goes %s: no deadline waits for a ping',
  async (who, direction) => {
    const relay = await startRelayProcess();
    const proxy = await startTcpProxy(relay.port);
    onTestFinished(() => proxy.close());
    const far = await connected(
      p2pClientPlugin(rawSocketTo(`http://localhost:${proxy.port}`), 'far', { isService: true }),
    );
    const near = await relay.connect('near', {}, { isService: true });
    for (const client of [near, far]) {
      client.onAny('ask', (_from, ack) => ack('yes'));
      client.provideService('api', () => 'yes');
      client.createTopic('topic');
      client.onAddP2pStream((duplex) => void duplex.on('error', () => {}).resume());
    }
    expect([await near.emitToWithAck('far', 'ask'), await far.emitToWithAck('near', 'ask')]).toEqual(['yes', 'yes']);
    proxy.blackhole(direction satisfies Direction);
    const [asking, target] = who === 'who asks' ? [far, 'near'] : [near, 'far'];
    const hasty = asking.with({ timeout: DEADLINE });
    const start = performance.now();
    const counts = await outcomes([
      hasty.emitToWithAck(target, 'ask'),
      hasty.callService(target, 'api'),
      hasty.addP2pStream(target),
      hasty.addP2pTarget(target),
      hasty.subscribeTopic(target, 'topic', () => {}).ready,
      ...(asking === far ? [hasty.joinRoom('room'), hasty.getClientList(), hasty.isClientConnected(target)] : []),
    ]);
    const time = performance.now() - start;
    record({
      threat: `half-open peer, ${who}, ${direction}`,
      size: `${Object.values(counts).reduce((sum, count) => sum + count)} operations`,
      goal: `TIMEOUT after ${DEADLINE} ms`,
      measured: `${JSON.stringify(counts)} after ${time.toFixed(0)} ms`,
      ok: time < 2 * DEADLINE,
    });
    expect(Object.keys(counts)).toEqual(['TIMEOUT']);
    proxy.resume();
    await relay.stillServes();
  },
);
