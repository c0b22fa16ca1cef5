import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { PACKET_FIELDS } from '../../src/protocol/packet.js';
import { codeOf, ENVELOPES, next, settled, startRelay, type TestClient } from '../support/relay.js';
import { activeCalls, expectNoUnhandledRejections, HOSTINGS, muteApi, startService } from '../support/service-hosts.js';

type Header = readonly unknown[];

/** One who speaks envelopes by hand: whatever it likes, and no more than it is told to. */
interface RawPeer {
  readonly socket: Socket;
  /** The headers, and data, of all that it was sent. */
  readonly received: [header: Header, data: unknown][];
  send(header: Header, data?: unknown): void;
  /** The next packet of this type. */
  next(type: string): Promise<[header: Header, data: unknown]>;
  /** What was sent before has been handled, and what came of it has arrived. */
  settled(): Promise<void>;
}

async function rawPeer(socket: Socket): Promise<RawPeer> {
  const received: [Header, unknown][] = [];
  const waiting = new Map<string, (packet: [Header, unknown]) => void>();
  socket.on('P2P', (data: unknown, header: Header) => {
    received.push([header, data]);
    waiting.get(String(header[0]))?.([header, data]);
    waiting.delete(String(header[0]));
  });
  const peer: RawPeer = {
    socket,
    received,
    send: (header, data = null) =>
      socket.io.engine.write(`2${JSON.stringify(['P2P', data, header])}`) as unknown as void,
    next: (type) => new Promise((resolve) => waiting.set(type, resolve)),
    settled: async () => {
      const answered = peer.next('reply');
      peer.send(['clients', 999_999]);
      await answered;
    },
  };
  await peer.next('welcome');
  peer.send(['offer']);
  return peer;
}

async function scene() {
  expectNoUnhandledRejections();
  const relay = await startRelay({ plugin: { isService: true } });
  const raw = (clientId: string) =>
    rawPeer(relay.rawSocket({ auth: { clientId, p2p: { version: 1, secret: `secret of ${clientId}` } } }));
  const alice = await relay.connect('alice', {}, ENVELOPES);
  const packets: Header[] = [];
  alice.on('P2P', (_data: unknown, header: Header) => packets.push(header));
  return { relay, alice, packets, raw, mallory: await raw('mallory') };
}

/** What a raw provider is told of a call. */
async function nextCall(peer: RawPeer, answer: () => Promise<unknown>) {
  const asked = peer.next('call');
  const outcome = answer();
  outcome.catch(() => {});
  const [[, , epoch, id]] = await asked;
  return { epoch: epoch as number, id: id as number, outcome };
}

const errorIn = (data: unknown) => (JSON.parse(data as string) as P2PError[])[0];

describe('R-1 answers to calls', () => {
  it('R-1 that were invented, or are for calls of others, reach nobody', async () => {
    const { alice, packets, raw, mallory } = await scene();
    const bob = await raw('bob');
    const { epoch, id, outcome } = await nextCall(bob, () => alice.callService('bob', 'api'));
    for (let guessed = 0; guessed < 8; guessed++) {
      for (const n of [1, id, id + 1, 99]) {
        mallory.send(['called', 'alice', guessed, n, 5, 'items', 1_000]);
        mallory.send(['reply', 'alice', guessed, n, 0], '["forged"]');
        mallory.send(['reject', 'alice', guessed, n, 0], '[{}]');
        mallory.send(['cancel', 'alice', guessed, n]);
        mallory.send(['cancel', 'bob', guessed, n]);
      }
    }
    await mallory.settled();
    await settled(alice);
    await bob.settled();
    expect(packets.filter(([type, peer]) => type === 'called' || peer === 'mallory')).toEqual([]);
    expect(bob.received.filter(([[type]]) => type === 'cancel')).toEqual([]);
    expect(new Set(mallory.received.map(([[type]]) => type))).toEqual(new Set(['welcome', 'reset', 'reply']));
    bob.send(['reply', 'alice', epoch, id, 0], '["true"]');
    expect(await outcome).toBe('true');
    expect(alice.errors).toEqual([]);
  });

  it('R-1 count once', async () => {
    const { alice, packets, raw } = await scene();
    const bob = await raw('bob');
    const { epoch, id, outcome } = await nextCall(bob, () => alice.callService('bob', 'api'));
    bob.send(['reply', 'alice', epoch, id, 0], '["first"]');
    bob.send(['reply', 'alice', epoch, id, 0], '["second"]');
    bob.send(['called', 'alice', epoch, id, 5, 'items', 1_000]);
    expect(await outcome).toBe('first');
    await bob.settled();
    await settled(alice);
    expect(packets.filter(([, peer]) => peer === 'bob')).toHaveLength(1);
    const [, reason] = bob.received.find(([[type]]) => type === 'reset') as [Header, unknown];
    expect(errorIn(reason)).toMatchObject({ code: 'ABORTED' });
  });

  it('R-1 that do not fit what was asked are an error for who asked, and for who answered', async () => {
    const { alice, packets, raw } = await scene();
    const bob = await raw('bob');
    const ways: [string, () => Promise<unknown>, (epoch: unknown, id: unknown) => Header][] = [
      ['request', () => alice.emitToWithAck('bob', 'x'), (e, id) => ['called', 'alice', e, id, 5, 'items', 1_000]],
      ['pair', () => alice.addP2pTarget('bob'), (e, id) => ['called', 'alice', e, id, 5, 'value', 1_000]],
      ['open', () => alice.openStream('bob'), (e, id) => ['called', 'alice', e, id, 5, 'items', 1_000]],
      ['call', () => alice.callService('bob', 'api'), (e, id) => ['opened', 'alice', e, id, 5, 1_000]],
    ];
    for (const [type, ask, answer] of ways) {
      const asked = bob.next(type);
      const outcome = codeOf(ask());
      const [[, , epoch, id]] = await asked;
      const refused = bob.next('reset');
      bob.send(answer(epoch, id));
      expect(await outcome).toBe('PACKET_INVALID');
      expect(errorIn((await refused)[1])).toMatchObject({ code: 'PACKET_INVALID' });
    }
    expect(packets.filter(([type]) => type === 'called' || type === 'opened')).toEqual([]);
    const asked = bob.next('subscribe');
    const subscription = alice.subscribeTopic('bob', 'topic');
    const ended = codeOf(subscription.ready);
    const [[, , epoch, id]] = await asked;
    bob.send(['called', 'alice', epoch, id, 5, 'items', 1_000]);
    expect(await ended).toBe('PACKET_INVALID');
  });

  it('R-1 on a stream number in use are refused, and the call goes on', async () => {
    const { alice, raw } = await scene();
    const bob = await raw('bob');
    const first = await nextCall(bob, () => alice.callService('bob', 'first'));
    const credited = bob.next('credit');
    bob.send(['called', 'alice', first.epoch, first.id, 5, 'value', 1_000_000]);
    await credited;
    const second = await nextCall(bob, () => alice.callService('bob', 'second'));
    const refused = bob.next('error');
    bob.send(['called', 'alice', second.epoch, second.id, 5, 'value', 1_000_000]);
    expect(errorIn((await refused)[1])).toMatchObject({ code: 'PACKET_INVALID', details: { field: 'stream' } });
    bob.send(['reply', 'alice', second.epoch, second.id, 0], '["second"]');
    bob.send(['data', 5, 0, 0], '[["first"]]');
    expect(await Promise.all([first.outcome, second.outcome])).toEqual(['first', 'second']);
  });

  it.each<readonly [string, Header[], unknown[], string]>([
    ['no item', [['finish', 5]], [null], 'PACKET_INVALID'],
    ['a value that is no item', [['data', 5, 0, 0]], ['["x"]'], 'PAYLOAD_INVALID'],
    ['an object', [['data', 5, 0, 0]], ['[{"0":1,"length":1}]'], 'PAYLOAD_INVALID'],
    ['three in one', [['data', 5, 0, 0]], ['[[1,2,3]]'], 'PAYLOAD_INVALID'],
    ['no JSON', [['data', 5, 0, 0]], ['[['], 'PAYLOAD_INVALID'],
    ['an error that is none', [['data', 5, 0, 0]], ['[[null,{"code":"NO_SUCH"}]]'], 'INTERNAL'],
    ['a reset that is none', [['reset', 5, 0]], ['[5]'], 'INTERNAL'],
    ['too much', Array(12).fill(['data', 5, 0, 0]), Array(12).fill(`[["${'x'.repeat(30_000)}"]]`), 'STREAM_VIOLATION'],
  ])('R-1 of %s end that call, and nothing else', async (what, headers, data, code) => {
    const { alice, raw } = await scene();
    const bob = await raw('bob');
    const { epoch, id, outcome } = await nextCall(bob, () => alice.callService('bob', 'api'));
    const output = what === 'too much' ? 'items' : 'value';
    const credited = bob.next('credit');
    bob.send(['called', 'alice', epoch, id, 5, output, 1_000_000]);
    await credited;
    const failure =
      output === 'value'
        ? codeOf(outcome)
        : outcome.then(async (items) => {
            // Nothing is read before all has come.
            await bob.settled();
            await settled(alice);
            return codeOf((items as AsyncIterator<unknown>).next());
          });
    for (const [index, header] of headers.entries()) bob.send(header, data[index]);
    expect(await failure).toBe(code);
    const again = await nextCall(bob, () => alice.callService('bob', 'api'));
    bob.send(['reply', 'alice', again.epoch, again.id, 0], '["still there"]');
    expect(await again.outcome).toBe('still there');
    expect(alice.errors).toEqual([]);
  });

  it('R-1 of one value in many items are the first of them', async () => {
    const { alice, raw } = await scene();
    const bob = await raw('bob');
    const { epoch, id, outcome } = await nextCall(bob, () => alice.callService('bob', 'api'));
    const credited = bob.next('credit');
    bob.send(['called', 'alice', epoch, id, 5, 'value', 1_000_000]);
    await credited;
    for (const n of [1, 2, 3]) bob.send(['data', 5, 0, 0], `[[${n}]]`);
    expect(await outcome).toBe(1);
    await bob.settled();
    await settled(alice);
    expect(alice.errors).toEqual([]);
  });
});

describe.each(HOSTINGS)('R-1 hostile calls of a service %s', (_kind, host) => {
  async function hostScene() {
    const service = await startService(host);
    const { relay, provider } = service;
    const seen: unknown[][] = [];
    provider.provideService('api', (...args: unknown[]) => {
      seen.push(args);
      return 'answer';
    });
    const mute = muteApi();
    provider.provideService('mute', mute.handler);
    const mallory = await rawPeer(
      relay.rawSocket({ auth: { clientId: 'mallory', p2p: { version: 1, secret: 'secret of mallory' } } }),
    );
    const honest = async (caller: TestClient) => {
      expect(await caller.callService(service.name, 'api', 'honest')).toBe('answer');
      expect(seen.pop()).toEqual(['honest']);
    };
    return { ...service, seen, mute, mallory, honest };
  }

  it('R-1 ids that are open, or numbers of streams, are refused', async () => {
    const { name, caller, seen, mute, mallory, honest } = await hostScene();
    const called = mute.called();
    mallory.send(['call', name, 0, 7, 60_000, 'mute', 'value', 0], '[]');
    await called;
    for (const type of ['call', 'request', 'pair', 'subscribe']) {
      const refused = mallory.next('reject');
      const good: Record<string, unknown> = { peer: name, epoch: 0, id: 7, timeout: 1_000, payload: 0 };
      Object.assign(good, { api: 'api', input: 'value', event: 'x', topic: 't' });
      const fields: readonly string[] = PACKET_FIELDS[type as 'call'];
      mallory.send([type, ...fields.map((field) => good[field])], fields.includes('payload') ? '[]' : null);
      const [header, data] = await refused;
      expect([header[3], errorIn(data)?.code]).toEqual([7, 'PACKET_INVALID']);
    }
    const begun = mallory.next('called');
    const muted = mute.called();
    mallory.send(['call', name, 0, 8, 60_000, 'mute', 'items', 0], '[]');
    await muted;
    expect((await begun)[0].slice(0, 2)).toEqual(['called', name]);
    const refused = mallory.next('reject');
    mallory.send(['call', name, 0, 8, 1_000, 'api', 'value', 0], '[]');
    expect(errorIn((await refused)[1])).toMatchObject({ code: 'PACKET_INVALID' });
    await honest(caller);
    expect(seen).toEqual([]);
    mallory.socket.disconnect();
    const reasons = await Promise.all(mute.reasons);
    expect(reasons.map(({ code }) => code)).toEqual(['PEER_GONE', 'PEER_GONE']);
    expect(await activeCalls(caller, name, 'mute')).toBe(0);
  });

  it.each<readonly [string, string, string]>([
    ['no JSON', '[[', 'PAYLOAD_INVALID'],
    ['no list', '{"length":1}', 'PAYLOAD_INVALID'],
    ['300 arguments', JSON.stringify(Array(300).fill(1)), 'PAYLOAD_INVALID'],
    ['JSON nested 100,000 deep', `[${'['.repeat(100_000)}${']'.repeat(100_000)}]`, 'PAYLOAD_INVALID'],
  ])('R-1 with arguments that are %s do not reach the handler', async (_what, data, code) => {
    const { name, caller, seen, mallory, honest, failures } = await hostScene();
    for (const input of ['value', 'items']) {
      const refused = mallory.next('reject');
      mallory.send(['call', name, 0, input === 'value' ? 7 : 8, 1_000, 'api', input, 0], data);
      expect(errorIn((await refused)[1])).toMatchObject({ code });
    }
    expect([seen, failures]).toEqual([[], []]);
    await honest(caller);
  });

  it('R-1 of reserved and inherited names, and of sessions that are over, find nothing', async () => {
    const { name, caller, seen, mallory, honest } = await hostScene();
    let id = 10;
    for (const api of ['p2p:', 'p2p:secret', '__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const refused = mallory.next('reject');
      mallory.send(['call', name, 0, ++id, 1_000, api, 'value', 0], '[]');
      expect(errorIn((await refused)[1])).toMatchObject({ code: 'API_NOT_FOUND' });
    }
    const refused = mallory.next('reject');
    mallory.send(['call', name, 9_999, ++id, 1_000, 'api', 'value', 0], '[]');
    expect(errorIn((await refused)[1])).toMatchObject({ code: 'PEER_GONE' });
    const notFound = mallory.next('reject');
    mallory.send(['call', '', 0, ++id, 1_000, 'api', 'value', 0], '[]');
    expect(errorIn((await notFound)[1])).toMatchObject({ code: 'CLIENT_NOT_FOUND' });
    expect(seen).toEqual([]);
    await honest(caller);
  });

  it('R-1 with items that are none: the handler fails, nobody else', async () => {
    const { provider, name, caller, mallory, honest } = await hostScene();
    const codes: string[] = [];
    provider.provideService('drain', async (items: AsyncIterable<unknown>) => {
      for await (const item of items) expect(item).toBe('good');
    });
    for (const [index, data] of [
      '["x"]',
      '[[1,2,3]]',
      '[[',
      '[[null,{"code":"QUEUE_FULL","message":"m"}]]',
    ].entries()) {
      const id = 20 + index;
      const begun = mallory.next('called');
      mallory.send(['call', name, 0, id, 60_000, 'drain', 'items', 0], '[]');
      await begun;
      const ended = mallory.next('reset');
      mallory.send(['credit', id, 100_000, 0]);
      mallory.send(['data', id, 0, 0], '[["good"]]');
      mallory.send(['data', id, 0, 0], data);
      codes.push(errorIn((await ended)[1])?.code as string);
    }
    expect(codes).toEqual(['PAYLOAD_INVALID', 'PAYLOAD_INVALID', 'PAYLOAD_INVALID', 'QUEUE_FULL']);
    expect(await activeCalls(caller, name, 'drain')).toBe(0);
    await honest(caller);
  });

  it('R-1 a caller who cancels what it never asked for, or twice, cancels nothing', async () => {
    const { name, caller, mute, mallory } = await hostScene();
    const called = mute.called();
    const outcome = caller.with({ timeout: 60_000 }).callService(name, 'mute');
    outcome.catch(() => {});
    await called;
    for (let id = 0; id < 20; id++) {
      mallory.send(['cancel', name, 0, id]);
      mallory.send(['cancel', name, 0, id]);
    }
    await mallory.settled();
    expect(await activeCalls(caller, name, 'mute')).toBe(1);
    const gone = next(caller, 'disconnect');
    caller.disconnect();
    await gone;
    expect((await mute.reasons[0])?.code).toBe('PEER_GONE');
  });
});
