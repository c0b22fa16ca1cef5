import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNodeMessage } from '../../src/server/cluster/node-frame.js';
import { NodeLink } from '../../src/server/cluster/node-link.js';
import { LOST_AFTER } from '../../src/server/cluster/outgoing-row.js';
import { ManualClock } from '../support/manual-clock.js';

/** What the way between two servers does to a message. */
type Fate = 'pass' | 'lose' | 'twice' | 'late';

interface Side {
  readonly link: NodeLink;
  /** What has come, in this order. */
  readonly came: string[];
  readonly settled: boolean[];
  isLost: boolean;
}

const ids = { here: '11'.repeat(8), there: '22'.repeat(8) };

/** Two links, with a way between them that does what it is told to each message. */
function twoSides(fate: () => Fate) {
  const clock = new ManualClock();
  const late: (() => void)[] = [];
  const sides = {} as Record<'here' | 'there', Side>;
  const carry = (to: 'here' | 'there', bytes: Buffer) => {
    const arrive = () => void sides[to].link.receive(readNodeMessage(bytes), bytes);
    const how = fate();
    if (how === 'late') return void late.push(arrive);
    if (how === 'lose') return;
    arrive();
    if (how === 'twice') arrive();
  };
  const side = (self: 'here' | 'there', node: 'here' | 'there'): Side => {
    const came: string[] = [];
    const link = new NodeLink({
      self: ids[self],
      node: ids[node],
      clock,
      send: (bytes) => carry(node, bytes),
      received: (_kind, body) => came.push(body.toString()),
      lost: () => {
        sides[self].isLost = true;
        link.close();
      },
    });
    return { link, came, settled: [], isLost: false };
  };
  sides.here = side('here', 'there');
  sides.there = side('there', 'here');
  return { ...sides, clock, late };
}

function say({ link, settled }: Side, text: string): void {
  link.send(0, [Buffer.from(text)], (arrived) => settled.push(arrived));
}

const fates = fc.constantFrom<Fate>('pass', 'pass', 'pass', 'lose', 'twice', 'late');

describe('a link between two servers', () => {
  it('brings all, once and in order, by a way that loses, doubles and delays', () => {
    void fc.assert(
      fc.property(fc.array(fates, { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (plan, count) => {
        const left = [...plan];
        const world = twoSides(() => left.shift() ?? 'pass');
        const expected = Array.from({ length: count }, (_, at) => `message ${at}`);
        for (const text of expected) {
          say(world.here, text);
          say(world.there, text);
          for (const { link } of [world.here, world.there]) link.flush();
          if (world.late.length > 3) for (const arrive of world.late.splice(0).reverse()) arrive();
        }
        for (let step = 0; step < 2_000 && world.here.settled.length + world.there.settled.length < 2 * count; step++) {
          world.clock.advance(20);
          for (const arrive of world.late.splice(0)) arrive();
        }
        for (const { came, settled, isLost } of [world.here, world.there]) {
          if (isLost) return;
          expect(came).toEqual(expected);
          expect(settled).toEqual(expected.map(() => true));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('makes up for a time in which nothing got through, in a few steps', () => {
    let isOut = true;
    const world = twoSides(() => (isOut ? 'lose' : 'pass'));
    const expected = Array.from({ length: 200 }, (_, at) => `message ${at}`);
    for (const text of expected) {
      say(world.here, text);
      world.here.link.flush();
    }
    for (let step = 0; step < 50; step++) world.clock.advance(20);
    expect(world.there.came).toEqual([]);
    isOut = false;
    for (let step = 0; step < 50; step++) world.clock.advance(20);
    for (let step = 0; step < 50; step++) world.clock.advance(20);
    expect(world.there.came).toEqual(expected);
    expect(world.here.link.queued).toBe(0);
  });

  it('is lost when nothing is acknowledged, and says so of all that it was given', () => {
    const world = twoSides(() => 'lose');
    say(world.here, 'one');
    world.here.link.flush();
    world.clock.advance(LOST_AFTER / 2);
    say(world.here, 'two');
    expect(world.here.isLost).toBe(false);
    for (let step = 0; step <= LOST_AFTER / 20; step++) world.clock.advance(20);
    expect(world.here.isLost).toBe(true);
    expect(world.here.settled).toEqual([false, false]);
    expect(world.here.link.queued).toBe(0);
  });

  it('sends again only as long as it has to, and less and less often', () => {
    let sent = 0;
    const world = twoSides(() => {
      sent++;
      return 'lose';
    });
    say(world.here, 'one');
    world.here.link.flush();
    for (let step = 0; step < LOST_AFTER / 20; step++) world.clock.advance(20);
    expect(sent).toBeGreaterThan(3);
    expect(sent).toBeLessThan(8);
  });

  it('does not take up what began before the other was lost', () => {
    const bytes: Buffer[] = [];
    const answers: Buffer[] = [];
    const came: string[] = [];
    const linkTo = (node: string, sent: Buffer[], after = 0) =>
      new NodeLink({
        self: node === ids.there ? ids.here : ids.there,
        node,
        after,
        send: (message) => sent.push(message),
        received: (_kind, body) => came.push(body.toString()),
        lost: () => {},
      });
    const old = linkTo(ids.there, bytes);
    old.send(0, [Buffer.from('late')]);
    old.flush();
    const [late] = bytes as [Buffer];
    const again = linkTo(ids.here, answers, readNodeMessage(late).generation);
    expect(again.receive(readNodeMessage(late), late)).toBe(true);
    expect(came).toEqual([]);
    const [answer] = answers as [Buffer];
    expect(old.receive(readNodeMessage(answer), answer)).toBe(false);
    for (const link of [old, again]) link.close();
  });
});
