import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { codeOf, next, rawSocketTo, settled } from '../support/relay.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { type ClusterSetup, startCluster, type TestCluster, type TestNode, until } from './support/start-cluster.js';

/** What holds between clients of different servers, whatever joins these. */
export function describeCluster(name: string, setup: () => ClusterSetup): void {
  describe(name, () => {
    let cluster: TestCluster;
    let here: TestNode;
    let there: TestNode;
    let third: TestNode;

    beforeAll(async () => {
      cluster = await startCluster(setup());
      [here, there, third] = cluster.nodes as [TestNode, TestNode, TestNode];
    });
    afterAll(() => cluster?.close());

    const both = (id: string) => Promise.all([here.connect(`${id}-here`), there.connect(`${id}-there`)] as const);

    /** Whoever has connected is known at once where it did, and elsewhere a moment later. */
    const known = (node: TestNode, clientId: string) =>
      until(async () => ((await node.ask('clients')) as string[]).includes(clientId));

    const gone = (node: TestNode, clientId: string) =>
      until(async () => !((await node.ask('clients')) as string[]).includes(clientId));

    const acquainted = async (id: string) => {
      const pair = await both(id);
      await Promise.all([known(here, `${id}-there`), known(there, `${id}-here`)]);
      return pair;
    };

    it('CM-2 messages arrive in order, from the one who sent them', async () => {
      const [alice, bob] = await acquainted('order');
      const heard: unknown[] = [];
      const all = new Promise<void>((resolve) => {
        bob.onAny('count', (from, at: number) => {
          heard.push([from, at]);
          if (at === 999) resolve();
        });
      });
      for (let at = 0; at < 1_000; at++) alice.emitTo('order-there', 'count', at);
      await all;
      expect(heard).toEqual(Array.from({ length: 1_000 }, (_, at) => ['order-here', at]));
    });

    it('CM-2 large payloads and bytes arrive as they were', async () => {
      const [alice, bob] = await acquainted('large');
      const args = ['ü'.repeat(100_000), Buffer.alloc(300_000, 7), { deep: [1, { two: null }] }];
      const heard = new Promise((resolve) => bob.onAny('large', (_from, ...given) => resolve(given)));
      alice.emitTo('large-there', 'large', ...args);
      expect(await heard).toEqual(args);
    });

    it('CM-2 a request is answered, and from() hears only the one', async () => {
      const [alice, bob] = await acquainted('ask');
      bob.from('ask-here').on('add', (a: number, b: number, ack: (sum: number) => void) => ack(a + b));
      expect(await alice.emitToWithAck('ask-there', 'add', 2, 3)).toBe(5);
      expect(await codeOf(alice.emitToWithAck('ask-there', 'nothing'))).toBe('NO_LISTENER');
    });

    it('SM-3 a client that nobody knows is an error', async () => {
      const [alice] = await both('missing');
      expect(await codeOf(alice.emitToWithAck('nobody', 'hello'))).toBe('CLIENT_NOT_FOUND');
    });

    it('SM-1, SM-2 a pair is told once when the other leaves', async () => {
      const [alice, bob] = await acquainted('pair');
      const asked = new Promise((resolve) => bob.onAddP2pTarget(resolve));
      await alice.addP2pTarget('pair-there');
      expect(await asked).toBe('pair-here');
      const told: unknown[] = [];
      const left = next(alice, 'MULTI_API_TARGET_DISCONNECT');
      alice.on('MULTI_API_TARGET_DISCONNECT', (id: string) => told.push(id));
      bob.disconnect();
      expect(await left).toEqual(['pair-there', 'PEER_GONE']);
      await gone(here, 'pair-there');
      await settled(alice);
      expect(told).toEqual(['pair-there']);
    });

    it('a request to one who leaves ends with PEER_GONE', async () => {
      const [alice, bob] = await acquainted('leaving');
      const came = new Promise<void>((resolve) => bob.onAny('never', (_from, _ack) => resolve()));
      const answer = codeOf(alice.emitToWithAck('leaving-there', 'never'));
      await came;
      bob.disconnect();
      expect(await answer).toBe('PEER_GONE');
    });

    it('CM-5 from() of one who comes later hears it, and its end', async () => {
      const alice = await here.connect('early');
      const heard: unknown[] = [];
      alice.from('late').on('hello', (...args: unknown[]) => heard.push(args));
      await settled(alice);
      const bob = await there.connect('late');
      await known(there, 'early');
      bob.emitTo('early', 'hello', 1);
      await expect.poll(() => heard).toEqual([[1]]);
    });

    it('CS-1 streams carry bytes both ways, with backpressure', async () => {
      const [alice, bob] = await acquainted('stream');
      bob.onAddP2pStream((duplex) => duplex.pipe(duplex));
      const duplex = await alice.addP2pStream('stream-there');
      const sent = Buffer.alloc(3_000_000, 'stream over two servers. ');
      const got: Buffer[] = [];
      duplex.on('data', (chunk: Buffer) => got.push(chunk));
      duplex.end(sent);
      await next(duplex, 'end');
      expect(Buffer.concat(got).equals(sent)).toBe(true);
    });

    it('CS-4 a stream that is destroyed ends at the other client', async () => {
      const [alice, bob] = await acquainted('destroy');
      const accepted = new Promise<import('node:stream').Duplex>((resolve) => bob.onAddP2pStream(resolve));
      const duplex = await alice.addP2pStream('destroy-there');
      const other = await accepted;
      duplex.on('error', () => {});
      const failed = next<[P2PError]>(other, 'error');
      duplex.destroy(new Error('enough'));
      const [error] = await failed;
      expect(error.code).toBe('STREAM_RESET');
    });

    it('CV-2, CV-3 services are called, with streams of items', async () => {
      const [alice, bob] = await Promise.all([
        here.connect('caller'),
        there.connect('calculator', { isService: true }),
      ] as const);
      await known(here, 'calculator');
      bob.provideService('double', (value: number) => value * 2);
      bob.provideService('count', async function* (most: number) {
        for (let at = 1; at <= most; at++) yield at;
      });
      await settled(bob);
      await until(async () => (await alice.getServiceList()).includes('calculator'));
      expect(await alice.callService('calculator', 'double', 21)).toBe(42);
      const items: unknown[] = [];
      for await (const item of await alice.callService('calculator', 'count', 5)) items.push(item);
      expect(items).toEqual([1, 2, 3, 4, 5]);
      expect(await codeOf(alice.callService('calculator', 'absent'))).toBe('API_NOT_FOUND');
    });

    it('CV-3, SV-5 a topic reaches subscribers everywhere, until it is destroyed', async () => {
      const news = await there.connect('news', { isService: true });
      const readers = await Promise.all([
        here.connect('reader-1'),
        here.connect('reader-2'),
        third.connect('reader-3'),
      ]);
      for (const node of [here, third]) await known(node, 'news');
      news.createTopic('sport');
      await settled(news);
      const heard: unknown[] = [];
      for (const reader of readers) {
        await reader.subscribeTopic('news', 'sport', (value: unknown) => heard.push([reader.clientId, value])).ready;
      }
      await news.publishTopic('sport', 'goal');
      await expect.poll(() => heard.length).toBe(3);
      expect(heard.sort()).toEqual(['reader-1', 'reader-2', 'reader-3'].map((id) => [id, 'goal']));
      await readers[0]?.unsubscribeTopic('news', 'sport');
      await news.publishTopic('sport', 'again');
      await expect.poll(() => heard.length).toBe(5);
      news.destroyTopic('sport');
      await settled(news);
    });

    it('CV-4 who subscribes late gets what was kept, from another server too', async () => {
      const service = await there.connect('archive', { isService: true });
      service.createTopic('log', { retain: 2 });
      for (const value of [1, 2, 3]) await service.publishTopic('log', value);
      const reader = await here.connect('late-reader');
      await known(here, 'archive');
      const heard: unknown[] = [];
      await reader.subscribeTopic('archive', 'log', (value: unknown) => heard.push(value)).ready;
      await expect.poll(() => heard).toEqual([2, 3]);
    });

    it('SV-4 a publication that waits for its subscribers waits for those of other servers', async () => {
      const service = await there.connect('careful', { isService: true });
      service.createTopic('news', { slow: 'wait' });
      const reader = await here.connect('careful-reader');
      await known(here, 'careful');
      const heard: unknown[] = [];
      await reader.subscribeTopic('careful', 'news', (value: unknown) => heard.push(value)).ready;
      await service.publishTopic('news', 'first');
      await reader.isClientConnected('careful-reader');
      expect(heard).toEqual(['first']);
    });

    it('CC-1 a room spans servers', async () => {
      const [alice, bob] = await acquainted('room');
      await Promise.all([alice.joinRoom('hall'), bob.joinRoom('hall')]);
      const heard = new Promise((resolve) => bob.onAny('shout', (...args) => resolve(args)));
      alice.onAny('shout', () => expect.unreachable());
      alice.emitRoom('hall', 'shout', 'ho');
      expect(await heard).toEqual(['room-here', 'ho']);
      await settled(alice);
    });

    it('SC-5 an id that is in use at another server is refused', async () => {
      const [alice] = await acquainted('unique');
      const socket = there.rawClient('unique-here', { reconnection: false });
      const [error] = await next<[P2PError]>(socket, 'SERVER_ERROR');
      expect(error.code).toBe('CLIENT_ID_IN_USE');
      await settled(alice);
    });

    it('R-1 an id is free whose client at another server is half-open', async () => {
      const proxy = await startTcpProxy(there.port);
      const holder = p2pClientPlugin(rawSocketTo(`http://localhost:${proxy.port}`), 'half-open');
      await holder.isClientConnected('half-open');
      await known(here, 'half-open');
      proxy.stall();
      const other = here.rawClient('half-open');
      await next(other, 'connect');
      await until(async () => (await third.ask('socketId', 'half-open')) === other.id);
      const told = next<[P2PError]>(holder, 'SERVER_ERROR');
      proxy.resume();
      expect((await told)[0].code).toBe('SESSION_REPLACED');
      await proxy.close();
    });

    it('SC-5 of many that want one id at once, at all servers, one gets it', async () => {
      const sockets = cluster.nodes.flatMap((node) =>
        Array.from({ length: 10 }, () => node.rawClient('wanted', { reconnection: false })),
      );
      const isThere = (node: TestNode) => known(node, 'wanted');
      await Promise.all(cluster.nodes.map(isThere));
      await expect.poll(() => sockets.filter(({ connected }) => connected).length).toBe(1);
    });

    it('CC-2 the same client may come back at another server at once', async () => {
      const proxy = await startTcpProxy(here.port);
      const mover = p2pClientPlugin(rawSocketTo(`http://localhost:${proxy.port}`), 'mover');
      await mover.isClientConnected('mover');
      const watcher = await third.connect('watcher');
      await Promise.all([known(there, 'mover'), known(third, 'mover')]);
      const before = mover.id;
      proxy.retarget(there.port);
      proxy.cut();
      await next(mover, 'connect');
      await mover.isClientConnected('mover');
      expect(mover.id).not.toBe(before);
      await until(async () => (await third.ask('socketId', 'mover')) === mover.id);
      const heard = next(mover.from('watcher'), 'hello');
      watcher.emitTo('mover', 'hello');
      await heard;
      await proxy.close();
    });

    it('SC-6 the list of clients, and whether one is connected, are of all servers', async () => {
      const [alice, bob] = await acquainted('list');
      expect(await alice.getClientList()).toEqual(expect.arrayContaining(['list-here', 'list-there']));
      expect(await bob.isClientConnected('list-here')).toBe(true);
      bob.disconnect();
      await gone(here, 'list-there');
      expect(await alice.isClientConnected('list-there')).toBe(false);
    });

    it('SC-6 the application reaches clients of other servers', async () => {
      const [, bob] = await acquainted('app');
      const heard = next(bob, 'greeting');
      await here.ask('emitTo', 'app-there', 'greeting', 'hello', 7);
      expect(await heard).toEqual(['hello', 7]);
      bob.on('question', (value: number, ack: (answer: number) => void) => ack(value + 1));
      expect(await here.ask('emitToWithAck', 'app-there', 'question', 41)).toBe(42);
      expect(await here.ask('socketId', 'app-there')).toBe(bob.id);
    });

    it('an operator sends away clients of other servers', async () => {
      const [, bob] = await acquainted('kick');
      const told = next<[P2PError]>(bob, 'SERVER_ERROR');
      expect(await here.ask('kick', 'kick-there', 'because')).toBe(true);
      const [error] = await told;
      expect([error.code, error.details]).toEqual(['SESSION_KICKED', { reason: 'because' }]);
      await gone(here, 'kick-there');
    });

    it('SC-1 a client of another server is taken out of the directory, and its socket stays connected', async () => {
      const [, bob] = await acquainted('remove');
      const told = next<[P2PError]>(bob, 'SERVER_ERROR');
      expect(await here.ask('removeClient', 'remove-there')).toBe(true);
      expect((await told)[0].code).toBe('SESSION_REMOVED');
      await gone(here, 'remove-there');
      expect(bob.connected).toBe(true);
      expect(await here.ask('removeClient', 'remove-there')).toBe(false);
    });

    it('SC-4 clients without the plugin take part', async () => {
      const alice = await here.connect('modern');
      const plain = await there.connectPlain('plain');
      await Promise.all([known(here, 'plain'), known(there, 'modern')]);
      const heard = next(plain, 'hello');
      alice.emitTo('plain', 'hello', { a: 1 });
      expect(await heard).toEqual(['modern', { a: 1 }]);
      alice.onAny('sum', (_from, a: number, b: number, ack: (sum: number) => void) => ack(a + b));
      const answer = await plain.emitWithAck('P2P_EMIT_ACKNOWLEDGE', {
        targetClientId: 'modern',
        event: 'sum',
        args: [1, 2],
      });
      expect(answer).toEqual({ args: [3] });
    });

    it('a server that is drained lets what is under way end, and its clients go elsewhere', async () => {
      const proxy = await startTcpProxy(third.port);
      const bob = p2pClientPlugin(rawSocketTo(`http://localhost:${proxy.port}`), 'drained');
      await bob.isClientConnected('drained');
      const alice = await here.connect('waiting');
      await known(here, 'drained');
      let answer: ((value: string) => void) | undefined;
      bob.onAny('slow', (_from, ack: (value: string) => void) => {
        answer = ack;
      });
      const answered = alice.emitToWithAck('drained', 'slow');
      await expect.poll(() => answer).toBeDefined();
      const before = bob.id;
      proxy.retarget(there.port);
      const drained = third.ask('drain', { timeout: 20_000 });
      const refused = third.rawClient('too late', { reconnection: false });
      const [error] = await next<[P2PError]>(refused, 'SERVER_ERROR');
      expect(error.code).toBe('NODE_UNAVAILABLE');
      answer?.('done');
      expect(await answered).toBe('done');
      await drained;
      await until(async () => bob.connected && bob.id !== before && (await here.ask('socketId', 'drained')) === bob.id);
      expect(await alice.isClientConnected('drained')).toBe(true);
      expect(await here.ask('nodes')).toBe(2);
      await proxy.close();
    });
  });
}
