import { describe, expect, it } from 'vitest';
import { Membership } from '../../src/server/cluster/membership.js';
import { EVERYBODY } from '../../src/server/cluster/node-frame.js';
import type { NodeLink } from '../../src/server/cluster/node-link.js';
import { ManualClock } from '../support/manual-clock.js';

interface Member {
  readonly id: string;
  readonly link: NodeLink;
  close(): void;
}

/** One server: its own clock, as it may be stopped while the others go on. */
class Server {
  readonly clock = new ManualClock();
  readonly membership: Membership<Member>;
  readonly came: string[] = [];
  readonly frozen: string[] = [];
  lost = 0;
  isFrozen = false;
  listensTo = '';
  receive: (bytes: Buffer) => void = () => {};

  constructor(network: Network) {
    this.membership = new Membership<Member>({
      transport: {
        listen: (id, receive) => {
          this.listensTo = id;
          this.receive = receive;
        },
        send: (target, bytes) => network.carry(this, target, bytes),
        close: () => {
          this.receive = () => {};
        },
      },
      met: (id, link) => ({ id, link, close: () => link.close() }),
      lost: () => void this.lost++,
      received: (_node, _kind, body) => this.came.push(body.toString()),
      frozen: (formerId) => this.frozen.push(formerId),
      beat: () => {},
      clock: this.clock,
    });
  }

  get known(): string[] {
    return this.membership.nodes.map(({ id }) => id).sort();
  }

  say(text: string, settled?: (arrived: boolean) => void): void {
    for (const { link } of this.membership.nodes) {
      link.send(0, [Buffer.from(text)], settled);
      link.flush();
    }
  }
}

class Network {
  readonly servers: Server[] = [];
  /** Between these nothing gets through. */
  cut: readonly Server[] = [];
  /** What has come to a server that is stopped waits at its door. */
  readonly #waiting: (() => void)[] = [];

  add(): Server {
    const server = new Server(this);
    this.servers.push(server);
    server.membership.start();
    return server;
  }

  carry(from: Server, target: string, bytes: Buffer): void {
    for (const to of this.servers) {
      if (to === from || (target !== EVERYBODY && to.listensTo !== target)) continue;
      if (this.cut.includes(from) !== this.cut.includes(to)) continue;
      if (to.isFrozen) this.#waiting.push(() => to.receive(bytes));
      else to.receive(bytes);
    }
  }

  pass(ms: number): void {
    for (let at = 0; at < ms; at += 20)
      for (const { isFrozen, clock } of this.servers) if (!isFrozen) clock.advance(20);
  }

  thaw(server: Server, after: number): void {
    server.isFrozen = false;
    server.clock.advance(after);
    for (const arrive of this.#waiting.splice(0)) arrive();
  }
}

/** Servers that have met. */
function met(count: number) {
  const network = new Network();
  for (let at = 0; at < count; at++) network.add();
  network.pass(1_100);
  const servers = network.servers as [Server, Server, ...Server[]];
  for (const { known } of servers) expect(known).toHaveLength(count - 1);
  return { network, servers };
}

describe('the servers of a cluster', () => {
  it('meet by their beats, and forget at once who leaves', () => {
    const { network, servers } = met(3);
    const [first, second, third] = servers;
    third?.membership.close();
    expect(first.known).toEqual([second.membership.id]);
    expect(second.known).toEqual([first.membership.id]);
    expect([first.lost, second.lost]).toEqual([1, 1]);
    network.pass(10_000);
    expect(first.known).toHaveLength(1);
  });

  it('lose who is silent within 6 s, and not before 5', () => {
    const { network, servers } = met(2);
    const [first, second] = servers;
    network.cut = [second];
    network.pass(4_000);
    expect([first.known.length, second.known.length]).toEqual([1, 1]);
    network.pass(2_000);
    expect([first.known.length, second.known.length]).toEqual([0, 0]);
    network.cut = [];
    network.pass(1_100);
    expect([first.known, second.known]).toEqual([[second.membership.id], [first.membership.id]]);
    first.say('again');
    expect(second.came).toEqual(['again']);
  });

  it('begin anew with one that had lost them, and take nothing of what was said before', () => {
    const { network, servers } = met(2);
    const [first, second] = servers;
    first.say('before');
    network.pass(100);
    network.cut = [second];
    const fates: boolean[] = [];
    first.say('into the gap', (arrived) => fates.push(arrived));
    network.pass(8_000);
    network.cut = [];
    network.pass(2_200);
    first.say('after');
    second.say('answer');
    expect(fates).toEqual([false]);
    expect(second.came).toEqual(['before', 'after']);
    expect(first.came).toEqual(['answer']);
  });

  it('a loss that only one of two has noticed is one for both', () => {
    const { network, servers } = met(2);
    const [first, second] = servers;
    first.say('one');
    second.say('two');
    network.pass(100);
    // Only what the first says is lost, so that only the second loses the other by its silence.
    const carry = network.carry.bind(network);
    network.carry = (from, target, bytes) => void (from === first || carry(from, target, bytes));
    network.pass(5_900);
    expect(second.lost).toBe(1);
    network.carry = carry;
    network.pass(1_100);
    expect([first.lost, first.known.length, second.known.length]).toEqual([1, 1, 1]);
    first.say('three');
    second.say('four');
    expect(second.came).toEqual(['one', 'three']);
    expect(first.came).toEqual(['two', 'four']);
  });

  it.each([
    ['hears something', 4_200, true],
    ['beats', 4_200, false],
  ])('one that was stopped comes back as another when it %s', (_how, time, hears) => {
    const { network, servers } = met(3);
    const [first, second] = servers;
    const former = second.membership.id;
    second.isFrozen = true;
    network.pass(time);
    if (!hears) network.cut = [second];
    first.say('late');
    network.thaw(second, time);
    expect(second.frozen).toEqual([former]);
    expect(second.membership.id).not.toBe(former);
    // What was sent to who it was is not for who it is.
    expect(second.came).toEqual([]);
    network.cut = [];
    network.pass(6_000);
    expect(first.known).toContain(second.membership.id);
    expect(first.known).not.toContain(former);
    expect(second.known).toHaveLength(2);
    first.say('now');
    expect(second.came).toEqual(['now']);
  });

  it('one that was stopped for less than 4 s is who it was', () => {
    const { network, servers } = met(2);
    const [first, second] = servers;
    second.isFrozen = true;
    network.pass(3_000);
    first.say('meanwhile');
    network.thaw(second, 3_000);
    network.pass(200);
    expect([second.frozen, second.lost, first.lost]).toEqual([[], 0, 0]);
    expect(second.came).toEqual(['meanwhile']);
  });

  it('have nothing left to do for who has closed', () => {
    const { servers } = met(2);
    const [first, second] = servers;
    const fates: boolean[] = [];
    first.membership.nodes[0]?.link.send(0, [Buffer.from('unsaid')], (arrived) => fates.push(arrived));
    first.membership.close();
    first.membership.close();
    expect([first.clock.pendingTimers, first.known, second.known]).toEqual([0, [], []]);
    expect(second.came).toEqual(['unsaid']);
    expect(fates).toHaveLength(1);
  });
});
