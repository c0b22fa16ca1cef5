import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { p2pServerPlugin } from 'socket.io-p2p-plugin/server';
import { expect, it, onTestFinished } from 'vitest';
import { type Feed, registryService } from '../src/contract.js';
import { RegistryClient } from '../src/registry-client.js';
import { relayOptions } from '../src/web/relay.js';

const TOKEN = 'of the workers';

async function startRelay() {
  const server = createServer();
  // As the web server has it: what visitors may do, and are told, differs from what anybody may elsewhere.
  const relay = p2pServerPlugin(new Server(server), relayOptions(TOKEN));
  await once(server.listen(0, 'localhost'), 'listening');
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => relay.close());
  const connect = (id: string, isService = false) => {
    const socket = p2pClientPlugin(
      io(url, { forceNew: true, reconnection: false, auth: isService ? { token: TOKEN } : {} }),
      id,
      { isService },
    );
    onTestFinished(() => void socket.disconnect());
    return socket;
  };
  return { connect };
}

const feedOf = (worker: string): Feed => ({
  packages: [
    {
      name: worker,
      version: '1.0.0',
      description: '',
      keywords: [],
      maintainers: [],
      publishedAt: null,
      downloads: null,
    },
  ],
  index: { size: 1, updatedAt: null },
  downloadsFreshness: null,
});

/** A worker that says who it is. */
async function offer({ connect }: Awaited<ReturnType<typeof startRelay>>, id: string) {
  const socket = connect(id, true);
  for (const name of ['popular', 'newest', 'random']) socket.createTopic(name, { retain: 1 });
  const service = registryService(id);
  const never = () => Promise.reject(new Error('not asked for'));
  const nothing = async function* () {};
  socket.provideService(service, {
    search: never,
    package: never,
    downloads: never,
    user: async () => ({
      name: id,
      packages: [],
      isComplete: true,
      freshness: { asOf: 0, problem: null },
      downloadsFreshness: null,
    }),
    readme: nothing,
    files: nothing,
    names: nothing,
  });
  await socket.publishTopic(service, 'newest', feedOf(id));
  return socket;
}

it('asks one worker, and another one when that has left', async () => {
  const relay = await startRelay();
  const workers = new Map<string, Awaited<ReturnType<typeof offer>>>();
  for (const id of ['registry-a', 'registry-b']) workers.set(id, await offer(relay, id));
  const client = new RegistryClient(relay.connect('visitor'));
  const { name: first } = await client.user('ann');
  expect([...workers.keys()]).toContain(first);
  expect((await client.user('ann')).name).toBe(first);
  workers.get(first)?.disconnect();
  const { name: second } = await client.user('ann');
  expect([first, second].sort()).toEqual(['registry-a', 'registry-b']);
  workers.get(second)?.disconnect();
  await expect(client.user('ann')).rejects.toMatchObject({ code: 'CLIENT_NOT_FOUND' });
});

it('follows a feed from one worker to the next, and to nobody when told to stop', async () => {
  const relay = await startRelay();
  const workers = new Map<string, Awaited<ReturnType<typeof offer>>>();
  for (const id of ['registry-a', 'registry-b']) workers.set(id, await offer(relay, id));
  const client = new RegistryClient(relay.connect('visitor'));
  const stop = new AbortController();
  const shown: string[] = [];
  const done = client.follow('newest', ({ packages }) => shown.push(packages[0]?.name ?? ''), stop.signal);
  await expect.poll(() => shown, { timeout: 10_000 }).toHaveLength(1);
  workers.get(shown[0] as string)?.disconnect();
  await expect.poll(() => shown.toSorted(), { timeout: 10_000 }).toEqual(['registry-a', 'registry-b']);
  stop.abort();
  await done;
});
