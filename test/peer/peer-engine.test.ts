import { describe, expect, it } from 'vitest';
import { linkDown } from '../../src/peer/link.js';
import { NO_SERVICES } from '../../src/peer/no-services.js';
import { PeerEngine } from '../../src/peer/peer-engine.js';
import type { Answer, IncomingMessage, PeerHandler, StreamRequest } from '../../src/peer/peer-handler.js';
import type { Deadline } from '../../src/peer/pending-operations.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { EMPTY_PAYLOAD, Payload } from '../../src/protocol/payload.js';
import { ManualClock } from '../support/manual-clock.js';
import { MemoryLink } from '../support/memory-link.js';
import { codeOf } from '../support/relay.js';

function setUp() {
  const link = new MemoryLink();
  const clock = new ManualClock();
  const log = {
    messages: [] as IncomingMessage[],
    asked: [] as [string, Answer][],
    streams: [] as StreamRequest[],
    ended: [] as string[],
    gone: [] as string[],
    failed: [] as P2PError[],
  };
  const handler: PeerHandler = {
    message: (message) => log.messages.push(message),
    pairAsked: (peer, answer) => log.asked.push([peer, answer]),
    streamAsked: (request) => log.streams.push(request),
    pairEnded: (peer, reason) => log.ended.push(`${peer} ${reason}`),
    peerGone: (peer) => log.gone.push(peer),
    failed: (error) => log.failed.push(error),
    ...NO_SERVICES,
  };
  const engine = new PeerEngine(link, handler, clock);
  return { link, clock, engine, ...log };
}

const deadline: Deadline = { timeout: 100, signal: undefined };
const payload = Payload.encode(['x']);

describe('the engine over a link without network or clock', () => {
  it('R-3 a request is answered, and nothing is left of it', async () => {
    const { link, clock, engine } = setUp();
    link.up();
    const answer = engine.request('bob', 'sum', payload, deadline);
    const { id, timeout, epoch } = link.take('request');
    expect([timeout, epoch, engine.pendingCount, clock.pendingTimers]).toEqual([100, 0, 1, 1]);
    link.deliver({ type: 'reply', peer: 'bob', epoch: 4, id, payload: Payload.encode([3]) });
    expect((await answer).args).toEqual([3]);
    expect([engine.pendingCount, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('R-3 at the deadline the request ends, the router is told, and a late answer is for nobody', async () => {
    const { link, clock, engine, failed } = setUp();
    link.up();
    const answer = codeOf(engine.request('bob', 'sum', payload, deadline));
    const { id } = link.take('request');
    clock.advance(99);
    expect(engine.pendingCount).toBe(1);
    clock.advance(1);
    expect(await answer).toBe('TIMEOUT');
    expect(link.take('cancel')).toEqual({ type: 'cancel', peer: 'bob', epoch: 0, id });
    link.deliver({ type: 'reply', peer: 'bob', epoch: 1, id, payload });
    expect([failed, link.sent]).toEqual([[], []]);
  });

  it('R-3 only the peer that was asked can answer', async () => {
    const { link, clock, engine } = setUp();
    link.up();
    const answer = codeOf(engine.request('bob', 'sum', payload, deadline));
    const { id } = link.take('request');
    for (const peer of ['mallory', '']) {
      link.deliver({ type: 'reply', peer, epoch: 1, id, payload });
      link.deliver({ type: 'reject', peer, epoch: 1, id, payload: Payload.ofError(linkDown()) });
    }
    expect(engine.pendingCount).toBe(1);
    clock.advance(100);
    expect(await answer).toBe('TIMEOUT');
  });

  it('R-3 peer-gone settles what that session was asked, and not what came after it', async () => {
    const { link, engine, gone } = setUp();
    link.up();
    const first = codeOf(engine.request('bob', 'a', payload, deadline));
    const { id } = link.take('request');
    const second = engine.request('bob', 'b', payload, deadline);
    const other = engine.request('carol', 'c', payload, deadline);
    link.deliver({ type: 'peer-gone', peer: 'bob', epoch: 1, id });
    expect(await first).toBe('PEER_GONE');
    expect(gone).toEqual(['bob']);
    expect(engine.pendingCount).toBe(2);
    link.deliver({ type: 'reply', peer: 'bob', epoch: 2, id: link.take('request').id, payload });
    link.deliver({ type: 'reply', peer: 'carol', epoch: 9, id: link.take('request').id, payload });
    expect([(await second).args, (await other).args]).toEqual([['x'], ['x']]);
  });

  it('CC-2 what waits for the link is sent in order when it comes up, but not what has ended meanwhile', async () => {
    const { link, clock, engine, failed } = setUp();
    const abort = new AbortController();
    engine.message('bob', 'm1', payload, deadline);
    const short = codeOf(engine.request('bob', 'r1', payload, { timeout: 10, signal: undefined }));
    const aborted = codeOf(engine.request('bob', 'r2', payload, { timeout: 50, signal: abort.signal }));
    engine.message('bob', 'm2', payload, { timeout: 10, signal: undefined });
    engine.roomMessage('lobby', 'm3', payload, deadline);
    abort.abort();
    clock.advance(10);
    expect([await short, await aborted]).toEqual(['TIMEOUT', 'ABORTED']);
    expect(failed.map(({ code }) => code)).toEqual(['TIMEOUT']);
    link.up();
    expect(link.sent).toMatchObject([
      { type: 'message', event: 'm1' },
      { type: 'room-message', event: 'm3' },
    ]);
    expect([engine.pendingCount, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('CC-2 the link goes down: everything that waits ends, pairs too, and nothing new starts', async () => {
    const { link, clock, engine, ended, failed } = setUp();
    link.up();
    const pair = engine.pair('bob', deadline);
    link.deliver({ type: 'paired', peer: 'bob', epoch: 1 });
    link.deliver({ type: 'reply', peer: 'bob', epoch: 1, id: link.take('pair').id, payload: EMPTY_PAYLOAD });
    await pair;
    const lost = codeOf(engine.join('lobby', deadline));
    link.down();
    expect(await lost).toBe('LINK_DOWN');
    expect(ended).toEqual(['bob LINK_DOWN']);
    engine.message('bob', 'm', payload, deadline);
    expect(await codeOf(engine.clientList(deadline))).toBe('LINK_DOWN');
    expect(failed.map(({ code }) => code)).toEqual(['LINK_DOWN']);
    expect([engine.pendingCount, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('SM-2 a pair whose answer and whose end arrive together has ended', () => {
    const { link, engine, ended } = setUp();
    link.up();
    void engine.pair('bob', deadline);
    const { id } = link.take('pair');
    link.deliver({ type: 'paired', peer: 'bob', epoch: 1 });
    link.deliver({ type: 'reply', peer: 'bob', epoch: 1, id, payload: EMPTY_PAYLOAD });
    link.deliver({ type: 'peer-gone', peer: 'bob', epoch: 1, id: 0 });
    link.deliver({ type: 'peer-gone', peer: 'bob', epoch: 1, id: 0 });
    expect(ended).toEqual(['bob PEER_GONE']);
  });

  it('SM-1 the side that is asked has the pair once the router says so, and not before', () => {
    const { link, asked, ended } = setUp();
    link.up();
    link.deliver({ type: 'pair', peer: 'bob', epoch: 6, id: 3, timeout: 10 });
    asked[0]?.[1].reply(EMPTY_PAYLOAD);
    expect(link.take('reply')).toMatchObject({ peer: 'bob', epoch: 6, id: 3 });
    link.deliver({ type: 'peer-gone', peer: 'bob', epoch: 6, id: 0 });
    expect(ended).toEqual([]);
    link.deliver({ type: 'paired', peer: 'bob', epoch: 7 });
    link.deliver({ type: 'peer-gone', peer: 'bob', epoch: 7, id: 0 });
    expect(ended).toEqual(['bob PEER_GONE']);
  });

  it('R-3 a request is answered once, to the session that asked', () => {
    const { link, messages } = setUp();
    link.up();
    link.deliver({ type: 'request', peer: 'bob', epoch: 6, id: 3, timeout: 10, event: 'x', payload });
    const answer = messages[0]?.answer;
    answer?.reply(EMPTY_PAYLOAD);
    answer?.reject(linkDown());
    answer?.reply(EMPTY_PAYLOAD);
    expect(link.take('reply')).toMatchObject({ peer: 'bob', epoch: 6, id: 3 });
    expect(link.sent).toEqual([]);
  });

  it('R-3 whoever answers hears when nobody waits any more: given up, gone, or the link lost', () => {
    const { link, messages } = setUp();
    link.up();
    const closed: number[] = [];
    for (const [id, epoch] of [
      [1, 6],
      [2, 6],
      [1, 7],
      [3, 60],
    ] as const) {
      link.deliver({ type: 'request', peer: 'bob', epoch, id, timeout: 10, event: 'x', payload });
      messages.at(-1)?.answer?.whenClosed(() => closed.push(epoch * 10 + id));
    }
    link.deliver({ type: 'cancel', peer: 'bob', epoch: 6, id: 1 });
    link.deliver({ type: 'cancel', peer: 'bob', epoch: 6, id: 1 });
    expect(closed).toEqual([61]);
    messages[0]?.answer?.reply(EMPTY_PAYLOAD);
    link.deliver({ type: 'peer-gone', peer: 'bob', epoch: 6, id: 0 });
    expect(closed).toEqual([61, 62]);
    messages[3]?.answer?.reply(EMPTY_PAYLOAD);
    link.down();
    expect(closed).toEqual([61, 62, 71]);
    expect(link.take('reply')).toMatchObject({ epoch: 60, id: 3 });
    expect(link.sent).toEqual([]);
  });

  it('R-3 a request that waited for the link tells the time that is left', async () => {
    const { link, clock, engine } = setUp();
    void engine.request('bob', 'x', payload, deadline).catch(() => {});
    clock.advance(30);
    link.up();
    expect(link.take('request').timeout).toBe(70);
    link.down();
  });

  it('CC-2 the bound on what waits holds again after each connect', async () => {
    const { link, engine, failed } = setUp();
    for (let round = 0; round < 2; round++) {
      link.state = 'waiting';
      for (let n = 0; n < 1_000; n++) engine.message('bob', 'x', payload, deadline);
      engine.message('bob', 'x', payload, deadline);
      link.up();
    }
    await Promise.resolve();
    await new Promise(setImmediate);
    expect(failed.map(({ code }) => code)).toEqual(['QUEUE_FULL', 'QUEUE_FULL']);
    expect(link.sent).toHaveLength(2_000);
  });

  it('a fault in sending is a failure of the operation, never its success', async () => {
    const { link, engine } = setUp();
    link.up();
    link.send = () => {
      throw new TypeError('a fault');
    };
    expect(await codeOf(engine.join('lobby', deadline))).toBe('INTERNAL');
  });

  it('CM-5 watches are told to the router once, and again when the link is back', () => {
    const { link, engine } = setUp();
    engine.watch('bob');
    engine.watch('carol');
    engine.unwatch('carol');
    link.up();
    expect(link.take('watch').peer).toBe('bob');
    engine.watch('bob');
    engine.watch('dave');
    expect(link.take('watch').peer).toBe('dave');
    engine.unwatch('dave');
    expect(link.take('unwatch').peer).toBe('dave');
    link.down();
    link.up();
    expect(link.take('watch').peer).toBe('bob');
    link.deliver({ type: 'peer-gone', peer: 'bob', epoch: 1, id: 0 });
    engine.unwatch('bob');
    expect(link.sent).toEqual([]);
  });

  it('a packet that a newer router might send is ignored', () => {
    const { link, messages, failed } = setUp();
    link.up();
    link.deliver({ type: 'join', id: 1, room: 'x' });
    expect([messages, failed]).toEqual([[], []]);
  });
});
