import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, next, settled, type TestClient } from '../support/relay.js';
import { type ClusterSetup, startCluster, type TestCluster, type TestNode, until } from './support/start-cluster.js';

/** What holds when a server is killed, or stops in its tracks. */
export function describeNodeFaults(name: string, setup: () => ClusterSetup): void {
  describe(name, () => {
    let cluster: TestCluster;
    let here: TestNode;
    let there: TestNode;
    let third: TestNode;

    beforeEach(async () => {
      cluster = await startCluster(setup());
      [here, there, third] = cluster.nodes as [TestNode, TestNode, TestNode];
    });
    afterEach(() => cluster?.close());

    const knows = async (client: TestClient, clientId: string) => client.isClientConnected(clientId);

    it('clients of a server that is killed leave, and what waits for them ends', async () => {
      const alice = await here.connect('alice');
      const bob = await there.connect('bob');
      await until(() => knows(alice, 'bob'));
      await alice.addP2pTarget('bob');
      const asked = new Promise<void>((resolve) => bob.onAny('never', () => resolve()));
      const answer = codeOf(alice.with({ timeout: 60_000 }).emitToWithAck('bob', 'never'));
      const left = next(alice, 'MULTI_API_TARGET_DISCONNECT');
      await asked;
      bob.io.reconnection(false);
      there.kill();
      expect(await left).toEqual(['bob', 'PEER_GONE']);
      expect(await answer).toBe('PEER_GONE');
      expect(await knows(alice, 'bob')).toBe(false);
      expect(await codeOf(alice.emitToWithAck('bob', 'hello'))).toBe('CLIENT_NOT_FOUND');
    });

    it('a message to a server that is killed is delivered or told to be lost', async () => {
      const alice = await here.connect('alice');
      const bob = await there.connect('bob');
      await until(() => knows(alice, 'bob'));
      const heard = new Set<number>();
      bob.onAny('count', (_from, at: number) => heard.add(at));
      bob.io.reconnection(false);
      there.freeze();
      for (let at = 0; at < 100; at++) alice.emitTo('bob', 'count', at);
      await settled(alice);
      there.kill();
      // What has arrived just before may be told to be lost all the same.
      await expect.poll(() => alice.errors.length + heard.size, { timeout: 20_000 }).toBeGreaterThanOrEqual(100);
      expect(new Set(alice.errors.map(({ code }) => code))).toEqual(new Set(['PEER_GONE']));
    });

    it('while a server is frozen, questions are answered at once; when it wakes, its clients come back', async () => {
      const alice = await here.connect('alice');
      const bob = await there.connect('bob');
      await until(() => knows(alice, 'bob'));
      await alice.addP2pTarget('bob');
      const left = next(alice, 'MULTI_API_TARGET_DISCONNECT');
      there.freeze();
      expect(await knows(alice, 'bob')).toBe(true);
      expect(await alice.getClientList()).toContain('bob');
      await left;
      expect(await knows(alice, 'bob')).toBe(false);
      const before = bob.id;
      there.thaw();
      await until(() => knows(alice, 'bob'));
      expect(bob.id).not.toBe(before);
      const heard = new Promise((resolve) => bob.onAny('hello', resolve));
      alice.emitTo('bob', 'hello');
      expect(await heard).toBe('alice');
    });

    it('whose id was taken meanwhile comes back to nothing', async () => {
      const alice = await here.connect('alice');
      const bob = await there.connect('bob');
      await until(() => knows(alice, 'bob'));
      bob.io.reconnection(false);
      there.freeze();
      await until(async () => !(await knows(alice, 'bob')));
      const other = await third.connect('bob');
      await until(() => knows(alice, 'bob'));
      const lost = next(bob, 'disconnect');
      bob.onAny('secret', () => expect.unreachable());
      const heard = new Promise((resolve) => other.onAny('secret', resolve));
      there.thaw();
      alice.emitTo('bob', 'secret');
      expect(await heard).toBe('alice');
      await lost;
      expect(await here.ask('socketId', 'bob')).toBe(other.id);
    });

    it('a server that is closed is known to be gone at once', async () => {
      const alice = await here.connect('alice');
      const bob = await there.connect('bob');
      await until(() => knows(alice, 'bob'));
      bob.io.reconnection(false);
      void there.ask('close');
      await until(async () => !(await knows(alice, 'bob')));
      await until(async () => (await here.ask('nodes')) === 2);
    });
  });
}
