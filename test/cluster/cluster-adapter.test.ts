import { expect, it } from 'vitest';
import { next } from '../support/relay.js';
import { describeNodeFaults } from './node-faults.js';
import { describeCluster } from './suite.js';
import { startCluster, type TestNode, until } from './support/start-cluster.js';

describeCluster('servers joined by @socket.io/cluster-adapter', () => ({ adapter: 'cluster' }));

describeNodeFaults('faults of servers joined by @socket.io/cluster-adapter', () => ({ adapter: 'cluster' }));

it('processes that talk in JSON, as by default, bring bytes all the same', async () => {
  const cluster = await startCluster({ adapter: 'cluster', nodes: 2, env: { P2P_SERIALIZATION: 'json' } });
  const [here, there] = cluster.nodes as [TestNode, TestNode];
  const alice = await here.connect('alice');
  const bob = await there.connect('bob');
  await until(() => alice.isClientConnected('bob'));
  const heard = next(bob.from('alice'), 'bytes');
  alice.emitTo('bob', 'bytes', Buffer.from([1, 2, 3]));
  expect(await heard).toEqual([Buffer.from([1, 2, 3])]);
  await cluster.close();
});
