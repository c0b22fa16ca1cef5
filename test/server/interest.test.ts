import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PacketOf } from '../../src/protocol/packet.js';
import { REQUEST } from '../../src/server/edge.js';
import { Interest } from '../../src/server/interest.js';
import type { RawServerSocket } from '../../src/server/raw-server.js';
import { Session } from '../../src/server/session.js';
import { Usage } from '../../src/server/usage.js';

const IDS = ['a', 'b'];

/** What should be true, kept in the plainest way: facts between two sessions, as text. */
class Model {
  readonly interest = new Interest();
  readonly sessions = new Map<string, Session>();
  readonly told = new Map<Session, PacketOf<'peer-gone'>[]>();
  readonly asks = new Set<string>();
  readonly pairs = new Set<string>();
  readonly watches = new Set<string>();
  #epoch = 0;

  begin(clientId: string): void {
    if (this.sessions.has(clientId)) return;
    // Interest looks at no socket.
    const socket = {} as RawServerSocket;
    const session = new Session({ clientId, epoch: ++this.#epoch, socket, secret: 's', usage: new Usage(undefined) });
    const told: PacketOf<'peer-gone'>[] = [];
    session.attach({ deliver: (packet) => told.push(packet as PacketOf<'peer-gone'>), end: () => {} });
    this.told.set(session, told);
    this.sessions.set(clientId, session);
    this.interest.began(session);
  }

  /** Ends a session and checks who is told of it, how often, and up to which request. */
  end(clientId: string): void {
    const session = this.sessions.get(clientId);
    if (!session) return;
    const expected = new Map(IDS.map((id) => [id, this.#interestedIn(id, clientId)]));
    this.sessions.delete(clientId);
    this.interest.ended(session);
    for (const [id, other] of this.sessions) {
      const packets = this.told.get(other)?.splice(0) ?? [];
      const last = expected.get(id);
      expect(packets.map((packet) => [packet.peer, packet.epoch, packet.id])).toEqual(
        last === undefined ? [] : [[clientId, session.epoch, last]],
      );
    }
    this.#forget(clientId);
  }

  /** The last open request of `id` to `other`, 0 for other interest either way, undefined for none. */
  #interestedIn(id: string, other: string): number | undefined {
    const asks = [...this.asks].map((text) => text.split(' '));
    const open = asks.filter(([from, to]) => from === id && to === other).map(([, , n]) => Number(n));
    if (open.length > 0) return Math.max(...open);
    const between = [`${id} ${other}`, `${other} ${id}`];
    const any =
      between.some((key) => this.pairs.has(key) || this.watches.has(key)) ||
      asks.some(([from, to]) => from === other && to === id);
    return any ? 0 : undefined;
  }

  #forget(clientId: string): void {
    for (const facts of [this.asks, this.pairs]) {
      for (const text of facts) if (text.split(' ').slice(0, 2).includes(clientId)) facts.delete(text);
    }
    // Its own watches end with it; those for it are used up.
    for (const text of this.watches) if (text.split(' ').includes(clientId)) this.watches.delete(text);
  }

  checkNothingIsLeft(): void {
    for (const id of IDS) this.end(id);
    expect(this.interest.absentCount).toBe(0);
    for (const session of this.told.keys()) expect([session.edges.size, session.absentWatches.size]).toEqual([0, 0]);
  }
}

const id = fc.constantFrom(...IDS);
const number = fc.integer({ min: 1, max: 2 });
const command = fc.oneof(
  fc.record({ do: fc.constant('begin' as const), id }),
  fc.record({ do: fc.constant('end' as const), id }),
  fc.record({ do: fc.constantFrom('ask', 'settle', 'ask', 'settle', 'watch', 'unwatch'), id, other: id, number }),
  fc.record({ do: fc.constantFrom('ask', 'settle', 'ask', 'settle', 'pair', 'watch'), id, other: id, number }),
);

function run(model: Model, step: { do: string; id: string; other?: string; number?: number }): void {
  if (step.do === 'begin') return model.begin(step.id);
  if (step.do === 'end') return model.end(step.id);
  const session = model.sessions.get(step.id);
  const { other = '', number = 0 } = step;
  const target = model.sessions.get(other);
  if (!session) return;
  const key = `${step.id} ${other}`;
  if (step.do === 'watch' && step.id !== other) {
    model.interest.watch(session, other, target);
    model.watches.add(key);
  } else if (step.do === 'unwatch' && step.id !== other) {
    model.interest.unwatch(session, other, target);
    model.watches.delete(key);
  } else if (target && step.do === 'ask') {
    expect(model.interest.ask(session, target, number, REQUEST)).toBe(!model.asks.has(`${key} ${number}`));
    model.asks.add(`${key} ${number}`);
  } else if (target && step.do === 'settle') {
    const open = model.asks.delete(`${key} ${number}`);
    expect(model.interest.settle(session, target, number)).toBe(open ? REQUEST : undefined);
  } else if (target && step.do === 'pair') {
    model.interest.pair(session, target);
    model.pairs.add(key);
  }
}

it('SM-2 R-3 interest edges: each one concerned is told once, no one else, and nothing is left', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (steps) => {
      const model = new Model();
      for (const step of steps) run(model, step);
      model.checkNothingIsLeft();
    }),
    { numRuns: 1_000 },
  );
});
