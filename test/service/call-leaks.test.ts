import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { PeerEngine } from '../../src/peer/peer-engine.js';
import { acceptPair } from '../../src/peer/peer-handler.js';
import { ServiceCalls } from '../../src/peer/service-calls.js';
import type { ServiceDescription } from '../../src/peer/service-description.js';
import { ServiceHost } from '../../src/peer/service-host.js';
import { P2PError } from '../../src/protocol/p2p-error.js';
import type { ServiceCall } from '../../src/protocol/typed-services.js';
import { InProcessLink } from '../../src/server/in-process-link.js';
import { type Session, UNLISTED } from '../../src/server/session.js';
import type { SessionPort } from '../../src/server/session-port.js';
import { ManualClock } from '../support/manual-clock.js';
import { codeOf } from '../support/relay.js';
import { abortionOf, expectNoUnhandledRejections, signal } from '../support/service-hosts.js';
import { testSessions } from '../support/sessions.js';

/** One who calls and is called, without a network: the real router, and time that passes when a test says so. */
interface Member {
  readonly session: Session;
  readonly engine: PeerEngine;
  readonly host: ServiceHost;
  readonly failures: P2PError[];
  calls(abort?: AbortSignal): ServiceCalls;
}

const TIMEOUT = 1_000;

class CallWorld {
  readonly sessions = testSessions({ logError: (_message, error) => expect.unreachable(String(error)) });
  /** Of each its own: what happens when the one's time is up, and the other's is not. */
  readonly clocks = { caller: new ManualClock(), service: new ManualClock() };
  readonly caller = this.#join('caller');
  readonly service = this.#join('service');

  async active(): Promise<number> {
    const { apis } = (await this.caller.calls().describeService('service')) as ServiceDescription;
    return apis.reduce((sum, { active }) => sum + active, 0);
  }

  /** Everything that could be left of calls, on both sides and between them. */
  async left(): Promise<Record<string, number>> {
    const members = [this.caller, this.service];
    const count = (of: (member: Member) => number) => members.reduce((sum, member) => sum + of(member), 0);
    return {
      active: this.service.session.ended ? 0 : await this.active(),
      pending: count(({ engine }) => engine.pendingCount),
      engineStreams: count(({ engine }) => engine.streamCount),
      relayedStreams: count(({ session }) => session.streams.size),
      edges: count(({ session }) => session.edges.size),
      timers: this.clocks.caller.pendingTimers + this.clocks.service.pendingTimers,
    };
  }

  #join(id: 'caller' | 'service'): Member {
    const link: InProcessLink = new InProcessLink((packet) => this.sessions.router.handle(session, packet));
    const port: SessionPort = { deliver: (packet) => link.receive(packet), end: (reason) => link.close(reason) };
    const session: Session = this.sessions.host(id, port, { ...UNLISTED, isService: true });
    const failures: P2PError[] = [];
    const failed = (error: P2PError) => void failures.push(error);
    const host = new ServiceHost({ service: id, engine: () => engine, isService: true, failed });
    const handler = {
      message: () => {},
      pairAsked: (_peer: string, answer: Parameters<typeof acceptPair>[0]) => acceptPair(answer),
      streamAsked: () => {},
      callAsked: host.callAsked.bind(host),
      subscribeAsked: host.topics.subscribeAsked.bind(host.topics),
      unsubscribed: host.topics.unsubscribed.bind(host.topics),
      pairEnded: () => {},
      linkUp: () => {},
      linkDown: host.topics.linkDown.bind(host.topics),
      sessionGone: () => {},
      peerGone: () => {},
      failed,
    };
    const engine: PeerEngine = new PeerEngine(link, handler, this.clocks[id]);
    const calls = (abort?: AbortSignal) =>
      new ServiceCalls(engine, { failed, errorFirst: false, deadline: { timeout: TIMEOUT, signal: abort } });
    return { session, engine, host, failures, calls };
  }
}

const NOTHING = { active: 0, pending: 0, engineStreams: 0, relayedStreams: 0, edges: 0, timers: 0 };

/** How often each outcome came. */
function counted(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

const many = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

async function* endless(): AsyncGenerator<number> {
  for (let n = 0; ; n++) yield n;
}

/** Lets everything happen that waits for nothing but its turn. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function readThree(items: AsyncIterable<number>): Promise<string> {
  for await (const item of items) if (item === 3) return 'left';
  return 'read';
}

describe('what is left of calls', () => {
  it('R-3 20,000 calls of a service that never answers: nothing, once their deadline has passed', async () => {
    expectNoUnhandledRejections();
    const world = new CallWorld();
    const reasons: string[] = [];
    world.service.host.provide('mute', function (this: ServiceCall, watch: boolean) {
      if (watch) this.signal.addEventListener('abort', () => reasons.push(this.signal.reason.code));
      return new Promise(() => {});
    });
    const calls = world.caller.calls();
    const outcomes = many(20_000, (n) => codeOf(calls.callService('service', 'mute', n % 10 === 0)));
    await turn();
    expect(world.caller.engine.pendingCount).toBe(20_000);
    expect(await world.active()).toBe(20_000);
    world.clocks.caller.advance(TIMEOUT);
    expect(counted(await Promise.all(outcomes))).toEqual({ TIMEOUT: 20_000 });
    expect(counted(reasons)).toEqual({ ABORTED: 2_000 });
    expect(await world.left()).toEqual(NOTHING);
  });

  it('R-3 20,000 calls that were answered, each in its way: nothing', async () => {
    expectNoUnhandledRejections();
    const world = new CallWorld();
    const { host } = world.service;
    host.provide('value', () => 1);
    host.provide('promise', async () => 1);
    host.provide('ack', (ack: (value: number) => void) => void setImmediate(ack, 1));
    host.provide('signal', async function (this: ServiceCall) {
      return this.signal.aborted ? 0 : 1;
    });
    host.provide('throws', () => {
      throw new P2PError('QUEUE_FULL', 'full');
    });
    host.provide('unsendable', () => 1n);
    const apis = ['value', 'promise', 'ack', 'signal', 'throws', 'unsendable', 'absent', 'value'];
    const calls = world.caller.calls(new AbortController().signal);
    const outcomes = many(20_000, (n) => codeOf(calls.callService('service', apis[n % apis.length] as string)));
    expect(counted(await Promise.all(outcomes))).toEqual({
      'no error': 12_500,
      QUEUE_FULL: 2_500,
      INVALID_ARGUMENT: 2_500,
      API_NOT_FOUND: 2_500,
    });
    expect(await world.left()).toEqual(NOTHING);
  });

  it('R-3 20,000 calls that were given up: nothing, on their signal neither', async () => {
    expectNoUnhandledRejections();
    const world = new CallWorld();
    const reasons: Promise<P2PError>[] = [];
    world.service.host.provide('mute', function (this: ServiceCall) {
      reasons.push(abortionOf(this));
      return new Promise(() => {});
    });
    world.service.host.provide('value', () => 1);
    const abort = new AbortController();
    const calls = world.caller.calls(abort.signal);
    const outcomes = many(20_000, () => codeOf(calls.callService('service', 'mute')));
    for (let n = 0; n < 1_000; n++) await calls.callService('service', 'value');
    expect(await world.active()).toBe(20_000);
    abort.abort();
    expect(counted(await Promise.all(outcomes))).toEqual({ ABORTED: 20_000 });
    expect(counted((await Promise.all(reasons)).map(({ code }) => code))).toEqual({ ABORTED: 20_000 });
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    expect(await world.left()).toEqual(NOTHING);
  });

  it('SM-2 a service that is lost with 10,000 calls and 500 streams pending: all end, and nothing is left', async () => {
    expectNoUnhandledRejections();
    const world = new CallWorld();
    let stopped = 0;
    world.service.host.provide('mute', () => new Promise(() => {}));
    world.service.host.provide('count', async function* () {
      try {
        yield* endless();
      } finally {
        stopped++;
      }
    });
    const calls = world.caller.calls();
    const outcomes = many(10_000, () => codeOf(calls.callService('service', 'mute')));
    const streams = await Promise.all(many(500, () => calls.callService('service', 'count')));
    const inputs = many(500, () => codeOf(calls.callService('service', 'mute', endless())));
    await turn();
    expect(await world.active()).toBe(11_000);
    world.sessions.end(world.service.session);
    expect(counted(await Promise.all([...outcomes, ...inputs]))).toEqual({ PEER_GONE: 10_500 });
    const iterated = streams.map((items) => codeOf(readThree(items as AsyncIterable<number>)));
    expect(counted(await Promise.all(iterated))).toEqual({ PEER_GONE: 500 });
    await turn();
    expect(stopped).toBe(500);
    expect(await world.left()).toEqual(NOTHING);
  });

  it('CC-2 a caller that is lost with 10,000 calls and 500 streams pending leaves nothing at the service', async () => {
    expectNoUnhandledRejections();
    const world = new CallWorld();
    const reasons: Promise<P2PError>[] = [];
    let stopped = 0;
    world.service.host.provide('mute', function (this: ServiceCall) {
      reasons.push(abortionOf(this));
      return new Promise(() => {});
    });
    world.service.host.provide('count', async function* () {
      try {
        yield* endless();
      } finally {
        stopped++;
      }
    });
    const calls = world.caller.calls();
    const outcomes = many(10_000, () => codeOf(calls.callService('service', 'mute')));
    const inputs = many(500, () => codeOf(calls.callService('service', 'mute', endless())));
    await Promise.all(many(500, () => calls.callService('service', 'count')));
    await turn();
    world.sessions.end(world.caller.session);
    expect(counted(await Promise.all([...outcomes, ...inputs]))).toEqual({ LINK_DOWN: 10_500 });
    expect(counted((await Promise.all(reasons)).map(({ code }) => code))).toEqual({ PEER_GONE: 10_500 });
    await turn();
    expect(stopped).toBe(500);
    const own = await world.service.calls().describeService('service');
    expect(own.apis.map(({ active }) => active)).toEqual([0, 0]);
    const { engine, session } = world.service;
    expect([engine.pendingCount, engine.streamCount, session.streams.size, session.edges.size]).toEqual([0, 0, 0, 0]);
    expect(world.clocks.service.pendingTimers).toBe(0);
  });

  it('CV-3 calls on streams, ended in every way: nothing, on their signal neither', async () => {
    expectNoUnhandledRejections();
    const world = new CallWorld();
    const { host } = world.service;
    host.provide('endless', endless);
    host.provide('fails', async function* () {
      yield 0;
      throw new P2PError('QUEUE_FULL', 'full');
    });
    host.provide('few', async function* () {
      yield* [0, 1];
    });
    host.provide('bad', async function* () {
      yield 1n;
    });
    host.provide('echo', async function* (items: AsyncIterable<number>) {
      for await (const item of items) yield item;
    });
    host.provide('first', async (items: AsyncIterable<number>) => {
      for await (const item of items) return item;
      return undefined;
    });
    host.provide('refuses', async (_items: AsyncIterable<number>) => {
      throw new P2PError('QUEUE_FULL', 'full');
    });
    async function* failing() {
      yield 0;
      throw new P2PError('UNSUPPORTED', 'broken');
    }
    const abort = new AbortController();
    const calls = world.caller.calls(abort.signal);
    const read = async (api: string, ...args: unknown[]) =>
      readThree((await calls.callService('service', api, ...args)) as AsyncIterable<number>);
    const ways: [string, () => Promise<unknown>][] = [
      ['no error', () => read('endless')],
      ['QUEUE_FULL', () => read('fails')],
      ['no error', () => read('few')],
      ['INVALID_ARGUMENT', () => read('bad')],
      ['no error', () => read('echo', endless())],
      ['UNSUPPORTED', () => read('echo', failing())],
      ['no error', () => calls.callService('service', 'first', endless())],
      ['QUEUE_FULL', () => calls.callService('service', 'refuses', endless())],
      ['no error', async () => calls.emitService('service', 'endless')],
    ];
    for (const [expected, way] of ways) {
      const outcomes = await Promise.all(many(200, () => codeOf(way())));
      expect(counted(outcomes)).toEqual({ [expected]: 200 });
      await turn();
      expect(await world.left()).toEqual(NOTHING);
    }
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });
});

describe('the time that a handler has', () => {
  it('R-3 its signal aborts with TIMEOUT when the time is up there, whatever the caller says', async () => {
    expectNoUnhandledRejections();
    const { service, caller, clocks } = new CallWorld();
    const asked = signal<ServiceCall>();
    const later = signal<ServiceCall>();
    service.host.provide('mute', function (this: ServiceCall) {
      asked.give(this);
      return new Promise(() => {});
    });
    service.host.provide('asks late', function (this: ServiceCall) {
      later.give(this);
      return new Promise(() => {});
    });
    const outcomes = ['mute', 'asks late'].map((api) => codeOf(caller.calls().callService('service', api)));
    const reason = abortionOf(await asked.given);
    const call = await later.given;
    clocks.service.advance(TIMEOUT - 1);
    expect(call.timeout).toBe(TIMEOUT);
    const lateReason = abortionOf(call);
    clocks.service.advance(1);
    expect([(await reason).code, (await lateReason).code]).toEqual(['TIMEOUT', 'TIMEOUT']);
    clocks.caller.advance(TIMEOUT);
    expect(await Promise.all(outcomes)).toEqual(['TIMEOUT', 'TIMEOUT']);
  });

  it('R-3 there is no deadline for what it yields, however late it asks for the signal', async () => {
    expectNoUnhandledRejections();
    const world = new CallWorld();
    const seen: ServiceCall[] = [];
    world.service.host.provide('count', async function* (this: ServiceCall) {
      seen.push(this);
      yield this.signal.aborted;
      yield this.signal.aborted;
    });
    const items = (await world.caller.calls().callService('service', 'count')) as AsyncIterator<boolean>;
    expect((await items.next()).value).toBe(false);
    for (const clock of Object.values(world.clocks)) clock.advance(10 * TIMEOUT);
    expect(seen[0]?.signal.aborted).toBe(false);
    expect((await items.next()).value).toBe(false);
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(await world.left()).toEqual(NOTHING);
  });

  it('R-3 a call with items ends at the deadline on both sides, and one that was answered does not', async () => {
    expectNoUnhandledRejections();
    const world = new CallWorld();
    const reason = signal<P2PError>();
    world.service.host.provide('mute', function (this: ServiceCall, _items: unknown) {
      void abortionOf(this).then((given) => reason.give(given));
      return new Promise(() => {});
    });
    world.service.host.provide('first', async (items: AsyncIterable<number>) => {
      for await (const item of items) return item;
      return undefined;
    });
    const mute = codeOf(world.caller.calls().callService('service', 'mute', endless()));
    expect(await world.caller.calls().callService('service', 'first', endless())).toBe(0);
    world.clocks.caller.advance(TIMEOUT);
    expect([await mute, (await reason.given).code]).toEqual(['TIMEOUT', 'TIMEOUT']);
    await turn();
    expect(await world.left()).toEqual(NOTHING);
  });
});
