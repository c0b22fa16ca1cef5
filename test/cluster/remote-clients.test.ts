import { expect, it } from 'vitest';
import { type RemoteClient, RemoteClients } from '../../src/server/cluster/remote-clients.js';
import type { RemoteNode } from '../../src/server/cluster/remote-node.js';
import type { Session } from '../../src/server/session.js';

const clientOf = (clientId: string, node: RemoteNode, number: number, epoch = 7): RemoteClient => ({
  number,
  clientId,
  epoch,
  socketId: `socket of ${clientId}`,
  isService: false,
  isShared: false,
  node,
  session: undefined,
});

it('clients of servers that began at the same moment are told apart', () => {
  const nodes = [{}, {}] as [RemoteNode, RemoteNode];
  const clients = new RemoteClients(({ clientId }) => ({ clientId }) as unknown as Session);
  const alice = clientOf('alice', nodes[0], 1);
  const bob = clientOf('bob', nodes[1], 1);
  for (const client of [alice, bob]) clients.add(client);
  expect(clients.at('alice', 7)?.clientId).toBe('alice');
  expect(clients.at('bob', 7)?.clientId).toBe('bob');
  clients.remove(bob);
  expect(clients.at('alice', 7)?.clientId).toBe('alice');
  expect(clients.at('bob', 7)).toBeUndefined();
  expect(clients.of(nodes[1])).toEqual([]);
  expect(clients.numbered(nodes[0], 1)).toBe(alice);
});

it('of several with one id the first answers, and then the next', () => {
  const nodes = [{}, {}] as [RemoteNode, RemoteNode];
  const clients = new RemoteClients(({ epoch }) => ({ epoch }) as unknown as Session);
  const first = clientOf('alice', nodes[0], 1, 1);
  const second = clientOf('alice', nodes[1], 1, 2);
  for (const client of [first, second]) clients.add(client);
  expect(clients.client('alice')?.epoch).toBe(1);
  clients.remove(first);
  expect(clients.client('alice')?.epoch).toBe(2);
  expect(clients.clients).toEqual([second]);
});
