import { expect, it } from 'vitest';
import { MAX_LINK_QUEUE, NodeLink } from '../../src/server/cluster/node-link.js';
import { RemoteNode } from '../../src/server/cluster/remote-node.js';
import { ManualClock } from '../support/manual-clock.js';
import { thrownBy } from '../support/relay.js';

/** A server that acknowledges nothing. */
function silentNode() {
  const sent: number[] = [];
  const link = new NodeLink({
    self: '11'.repeat(8),
    node: '22'.repeat(8),
    send: ({ byteLength }) => sent.push(byteLength),
    received: () => {},
    lost: () => {},
    clock: new ManualClock(),
  });
  const node = new RemoteNode({ id: '22'.repeat(8), link, numberOf: () => 1, serviceOf: () => undefined });
  return { node, link, sent };
}

it('begins nothing new with a server that more than 64 MiB wait for, and says so', () => {
  const { node, link } = silentNode();
  const megabyte = Buffer.alloc(1_048_576);
  while (link.queued <= MAX_LINK_QUEUE) {
    expect(thrownBy(() => node.checkRoom())).toBe('no error');
    link.send(0, [megabyte]);
  }
  expect(thrownBy(() => node.checkRoom())).toBe('PEER_TOO_SLOW');
  const before = link.queued;
  expect(before).toBeLessThan(MAX_LINK_QUEUE + 2 * megabyte.byteLength);
  const payload = { parts: [], takeOwnMemory: () => {} };
  node.deliver({ type: 'publication', peer: 'service', epoch: 1, topic: 'news', payload } as never);
  expect(link.queued).toBe(before);
  link.close();
  expect(link.queued).toBe(0);
});
