import { describe, expect, it } from 'vitest';
import { Membership } from '../../src/server/cluster/membership.js';
import { EVERYBODY, SECTIONS } from '../../src/server/cluster/node-frame.js';
import type { NodeLink } from '../../src/server/cluster/node-link.js';
import { writeNote } from '../../src/server/cluster/node-notes.js';
import type { NodeTransport } from '../../src/server/cluster/node-transport.js';
import { ManualClock } from '../support/manual-clock.js';

/** What `docs/scaling.md` reckons with: of one server of `nodes`, what it publishes and what reaches it. */
const model = {
  /** In an idle second. */
  idle: (nodes: number) => ({ published: 1, received: nodes - 1 }),
  /** For a client that comes, or goes: the others acknowledge it. */
  change: (nodes: number) => ({ published: nodes - 1, received: nodes - 1 }),
};

interface Node {
  readonly id: string;
  readonly link: NodeLink;
  close(): void;
}

/** A real server's membership among others that know of nobody else: what one of so many has to do. */
function oneOf(nodes: number) {
  const clock = new ManualClock();
  const counts = { published: 0, received: 0, bytes: 0 };
  const listeners = new Map<string, (bytes: Buffer) => void>();
  let first = '';
  const transportOf = (isFirst: boolean): NodeTransport => ({
    listen: (id, receive) => {
      if (isFirst) first = id;
      listeners.set(id, receive);
    },
    send: (target, bytes) => {
      if (isFirst) {
        counts.published++;
        counts.bytes += bytes.byteLength;
        if (target !== EVERYBODY) return listeners.get(target)?.(bytes);
        for (const [id, receive] of listeners) if (id !== first) receive(bytes);
      } else if (target === first || target === EVERYBODY) {
        counts.received++;
        listeners.get(first)?.(bytes);
      }
    },
    close: () => {},
  });
  const memberOf = (isFirst: boolean) => {
    const known: Node[] = [];
    const membership = new Membership<Node>({
      transport: transportOf(isFirst),
      met: (id, link) => {
        const node = { id, link, close: () => link.close() };
        known.push(node);
        return node;
      },
      lost: () => expect.unreachable(),
      received: () => {},
      frozen: () => expect.unreachable(),
      beat: () => {},
      clock,
    });
    return { membership, known };
  };
  const here = memberOf(true);
  const others = Array.from({ length: nodes - 1 }, () => memberOf(false));
  for (const { membership } of [here, ...others]) membership.start();
  for (let step = 0; step < 20; step++) clock.advance(100);
  /** Counts what happens in one second; nobody's beats fall into two. */
  const second = (act = () => {}) => {
    Object.assign(counts, { published: 0, received: 0, bytes: 0 });
    act();
    for (let step = 0; step < 50; step++) clock.advance(20);
    return { ...counts };
  };
  return { known: here.known, second };
}

describe.each([10, 100, 1_000])('the sizing model, of %i servers', (nodes) => {
  it('an idle server says once a second that it is there, and hears that of the others', () => {
    const { known, second } = oneOf(nodes);
    expect(known).toHaveLength(nodes - 1);
    const { published, received } = second();
    expect({ published, received }).toEqual(model.idle(nodes));
  });

  it('who comes or goes is told to each, and acknowledged by each', () => {
    const { known, second } = oneOf(nodes);
    const client = { number: 1, clientId: 'a-client-with-a-name', epoch: 24_000_000_000_000, socketId: 'x'.repeat(20) };
    const note = writeNote({ note: 'joined', ...client, isService: false, isShared: false });
    const { published, received, bytes } = second(() => {
      for (const { link } of known) {
        link.send(SECTIONS.note, [note]);
        link.flush();
      }
    });
    const idle = model.idle(nodes);
    expect({ published: published - idle.published, received: received - idle.received }).toEqual(model.change(nodes));
    expect(bytes / published).toBeLessThan(220);
  });
});
