import { describe, expect, it } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import type { P2PServerOptions } from '../../src/server/server-options.js';
import { codeOf, next, settled, startRelay, type TestClient, type TestRelay, thrownBy } from '../support/relay.js';
import { activeCalls, expectNoUnhandledRejections, muteApi } from '../support/service-hosts.js';

async function startHost(plugin: P2PServerOptions = {}): Promise<TestRelay & { readonly caller: TestClient }> {
  expectNoUnhandledRejections();
  const relay = await startRelay({ plugin: { isService: true, ...plugin } });
  return { ...relay, caller: await relay.connect('caller') };
}

/** How a client with this id is refused. */
async function refusalOf({ rawSocket }: TestRelay, clientId: string): Promise<string[]> {
  const plugin = p2pClientPlugin(rawSocket(), clientId);
  const told = next<[P2PError]>(plugin, 'SERVER_ERROR');
  const plain = rawSocket({ query: { clientId } });
  const [refusal] = await next<[Error & { data: { code: string } }]>(plain, 'connect_error');
  const listed = await codeOf(plugin.getClientList());
  return [(await told)[0].code, listed, refusal.data.code];
}

const RESERVED = Array(3).fill('CLIENT_ID_RESERVED');

describe('SV-3 a service of the server', () => {
  it('SV-1 one server hosts many, each under its own id and with its own APIs', async () => {
    const { server, caller } = await startHost();
    for (const name of ['a', 'b', 'a-b']) server.asService(name).provideService('who', () => name);
    for (const name of ['a', 'b', 'a-b']) expect(await caller.callService(name, 'who')).toBe(name);
    expect((await caller.getServiceList()).sort()).toEqual(['a', 'a-b', 'b']);
    expect(server.asService('a').clientId).toBe('a');
    // They are no sockets: what is about those does not know them.
    expect([server.getAllClientId(), { ...server.clientMap }]).toEqual([['caller'], { caller: caller.id }]);
    expect(server.getSocketByClientId('a')).toBeUndefined();
    expect(server.removeClient('a')).toBe(false);
    expect(await caller.callService('a', 'who')).toBe('a');
  });

  it('SV-3 reserves its id: nobody may connect under it', async () => {
    const host = await startHost();
    host.server.asService('reserved').provideService('who', () => 'the server');
    expect(await refusalOf(host, 'reserved')).toEqual(RESERVED);
    expect(await host.caller.callService('reserved', 'who')).toBe('the server');
    expect(host.server.getAllClientId()).toEqual(['caller']);
  });

  it('SV-3 sends away a client that holds its id, with a code; its calls fail with PEER_GONE', async () => {
    const host = await startHost();
    const { server, connect, caller } = host;
    const holder = await connect('name', {}, { isService: true });
    const mute = muteApi();
    holder.provideService('mute', mute.handler);
    const called = mute.called();
    const pending = codeOf(caller.callService('name', 'mute'));
    await called;
    const gone = next(holder, 'disconnect');
    const service = server.asService('name');
    service.provideService('who', () => 'the server');
    expect(await pending).toBe('PEER_GONE');
    await gone;
    expect(holder.errors.map(({ code }) => code)).toEqual(['CLIENT_ID_RESERVED']);
    expect(await codeOf(holder.getClientList())).toBe('CLIENT_ID_RESERVED');
    expect(await caller.callService('name', 'who')).toBe('the server');
    expect(await codeOf(caller.callService('name', 'mute'))).toBe('API_NOT_FOUND');
    expect(await refusalOf(host, 'name')).toEqual(RESERVED);
  });

  it('SV-3 sends away a client without the plugin too', async () => {
    const { server, connectPlain } = await startHost();
    const holder = await connectPlain('name');
    const told = next(holder, 'SERVER_ERROR');
    const gone = next(holder, 'disconnect');
    server.asService('name');
    expect(await told).toMatchObject([{ code: 'CLIENT_ID_RESERVED' }]);
    await gone;
    expect(server.getAllClientId()).toEqual(['caller']);
  });

  it('SV-3 ids can be reserved ahead, and the server has one of its own', async () => {
    const host = await startHost({ reservedIds: ['admin', 'jobs'], serverId: 'hub' });
    const { server, caller } = host;
    for (const id of ['admin', 'jobs', 'hub']) expect(await refusalOf(host, id)).toEqual(RESERVED);
    expect(await codeOf(caller.callService('admin', 'who'))).toBe('CLIENT_NOT_FOUND');
    expect(await caller.isClientConnected('admin')).toBe(false);
    server.asService('jobs').provideService('who', function () {
      return this.caller;
    });
    expect(await caller.callService('jobs', 'who')).toBe('caller');
    expect(await server.callService('jobs', 'who')).toBe('hub');
    expect(thrownBy(() => server.asService('hub'))).toBe('CLIENT_ID_RESERVED');
    server.asService('jobs').close();
    expect(await refusalOf(host, 'jobs')).toEqual(RESERVED);
  });

  it('SV-1 asked for again it is the same; with another `shared` it is refused', async () => {
    const { server } = await startHost();
    const [own, shared] = [server.asService('own'), server.asService('shared', { shared: true })];
    expect(server.asService('own')).toBe(own);
    expect(server.asService('own', { shared: false })).toBe(own);
    expect(server.asService('shared', { shared: true })).toBe(shared);
    expect(thrownBy(() => server.asService('own', { shared: true }))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => server.asService('shared'))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => server.asService('x', { shared: 1 as unknown as boolean }))).toBe('INVALID_ARGUMENT');
    for (const bad of ['', '__proto__', 'x'.repeat(129), 5 as unknown as string]) {
      expect(thrownBy(() => server.asService(bad))).toBe('CLIENT_ID_INVALID');
    }
  });

  it('SV-4 close() fails what waits for it, and frees its id; a second close() closes nothing', async () => {
    const { server, connect, caller } = await startHost();
    const first = server.asService('name');
    const mute = muteApi();
    first.provideService('mute', mute.handler);
    const called = mute.called();
    const pending = codeOf(caller.callService('name', 'mute'));
    await called;
    first.close();
    expect(await pending).toBe('PEER_GONE');
    expect((await mute.reasons[0])?.code).toBe('LINK_DOWN');
    expect(await codeOf(caller.callService('name', 'mute'))).toBe('CLIENT_NOT_FOUND');
    expect(await caller.getServiceList()).toEqual([]);
    const client = await connect('name');
    expect(await codeOf(caller.callService('name', 'mute'))).toBe('API_NOT_FOUND');
    client.disconnect();
    const second = server.asService('name');
    expect(second).not.toBe(first);
    second.provideService('who', () => 'the second');
    first.close();
    expect(server.asService('name')).toBe(second);
    expect(await caller.callService('name', 'who')).toBe('the second');
    expect(await codeOf(caller.callService('name', 'mute'))).toBe('API_NOT_FOUND');
  });

  it('SV-3 an API that it lacks is not found, where it shares its id with nobody', async () => {
    const { server, caller } = await startHost();
    server.asService('own');
    server.asService('shared', { shared: true });
    for (const name of ['own', 'shared']) {
      await expect(caller.callService(name, 'absent')).rejects.toMatchObject({
        code: 'API_NOT_FOUND',
        details: { service: name, api: 'absent' },
      });
      expect(await caller.isClientConnected(name)).toBe(true);
    }
    expect((await caller.getClientList()).sort()).toEqual(['caller', 'own', 'shared']);
  });
});

describe('SV-3 a shared id', () => {
  async function startShared() {
    const host = await startHost();
    const hosted = host.server.asService('name', { shared: true });
    const client = await host.connect('name', {}, { isService: true });
    const mute = { hosted: muteApi(), client: muteApi() };
    hosted.provideService('ours', () => 'the server');
    client.provideService('theirs', () => 'the client');
    hosted.provideService('our mute', mute.hosted.handler);
    client.provideService('their mute', mute.client.handler);
    return { ...host, hosted, client, mute };
  }

  it('SV-3 the server answers what it has, the client all else', async () => {
    const { caller, hosted, client } = await startShared();
    client.provideService('ours', () => 'the client');
    expect(await caller.callService('name', 'theirs')).toBe('the client');
    expect(await caller.callService('name', 'ours')).toBe('the server');
    hosted.destroyService('ours');
    expect(await caller.callService('name', 'ours')).toBe('the client');
    hosted.provideService('ours', () => 'the server again');
    expect(await caller.callService('name', 'ours')).toBe('the server again');
    await expect(caller.callService('name', 'absent')).rejects.toMatchObject({ code: 'API_NOT_FOUND' });
    // The client may call the server's under its own id, and so itself.
    expect(await client.callService('name', 'ours')).toBe('the server again');
    expect(await client.callService('name', 'theirs')).toBe('the client');
  });

  it('SV-3 both are one in the lists; the server describes itself', async () => {
    const { caller, client } = await startShared();
    expect((await caller.getClientList()).sort()).toEqual(['caller', 'name']);
    expect(await caller.getServiceList()).toEqual(['name']);
    expect((await caller.describeService('name')).apis.map((api) => api.name)).toEqual(['ours', 'our mute']);
    client.disconnect();
    await expect.poll(() => codeOf(caller.callService('name', 'theirs'))).toBe('API_NOT_FOUND');
    expect(await caller.isClientConnected('name')).toBe(true);
    expect((await caller.getClientList()).sort()).toEqual(['caller', 'name']);
  });

  it('SV-3 messages, pairs and streams are for the client', async () => {
    const { caller, client } = await startShared();
    client.onAny('hi', (from, ack) => ack(`hi ${from}`));
    expect(await caller.emitToWithAck('name', 'hi')).toBe('hi caller');
    client.onAddP2pStream((duplex) => duplex.end('from the client'));
    const duplex = await caller.addP2pStream('name');
    duplex.end();
    const chunks: Buffer[] = [];
    for await (const chunk of duplex) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('from the client');
  });

  it('SV-3 the client leaves with calls pending at both: only its own fail', async () => {
    const { caller, client, mute } = await startShared();
    const both = [mute.hosted.called(), mute.client.called()];
    const abort = new AbortController();
    const ours = codeOf(caller.with({ signal: abort.signal }).callService('name', 'our mute'));
    const theirs = codeOf(caller.callService('name', 'their mute'));
    const theirStream = caller.callService('name', 'their mute', neverYielding());
    const streamed = codeOf(theirStream);
    await Promise.all(both);
    await settled(caller);
    client.disconnect();
    expect([await theirs, await streamed]).toEqual(['PEER_GONE', 'PEER_GONE']);
    expect(await activeCalls(caller, 'name', 'our mute')).toBe(1);
    expect(await caller.callService('name', 'ours')).toBe('the server');
    abort.abort();
    expect([await ours, (await mute.hosted.reasons[0])?.code]).toEqual(['ABORTED', 'ABORTED']);
    expect(await activeCalls(caller, 'name', 'our mute')).toBe(0);
  });

  it('SV-3 the service is closed with calls pending at both: only its own fail, and the client stays', async () => {
    const { caller, client, hosted, mute } = await startShared();
    const both = [mute.hosted.called(), mute.client.called()];
    const abort = new AbortController();
    const ours = codeOf(caller.callService('name', 'our mute'));
    const theirs = codeOf(caller.with({ signal: abort.signal }).callService('name', 'their mute'));
    await Promise.all(both);
    hosted.close();
    expect(await ours).toBe('PEER_GONE');
    expect(await caller.callService('name', 'theirs')).toBe('the client');
    expect(await codeOf(caller.callService('name', 'ours'))).toBe('API_NOT_FOUND');
    expect(await activeCalls(caller, 'name', 'their mute')).toBe(1);
    abort.abort();
    expect([await theirs, (await mute.client.reasons[0])?.code]).toEqual(['ABORTED', 'ABORTED']);
    await settled(client);
    expect(client.connected).toBe(true);
  });

  it('CM-5 SM-2 the service is closed: who talks to the client goes on talking', async () => {
    const { caller, client, hosted, mute } = await startShared();
    await caller.addP2pTarget('name');
    const heard: unknown[] = [];
    caller.from('name').on('hi', (text) => heard.push(text));
    const left: unknown[] = [];
    caller.on('MULTI_API_TARGET_DISCONNECT', (clientId) => left.push(clientId));
    hosted.createTopic('news');
    const subscription = caller.subscribeTopic('name', 'news');
    await subscription.ready;
    const called = mute.hosted.called();
    const pending = codeOf(caller.callService('name', 'our mute'));
    await called;
    hosted.close();
    expect(await pending).toBe('PEER_GONE');
    expect((await subscription.ended)?.code).toBe('PEER_GONE');
    client.emitTo('caller', 'hi', 'still here');
    await settled(client, caller);
    expect([heard, left]).toEqual([['still here'], []]);
    client.disconnect();
    await expect.poll(() => left).toEqual(['name']);
  });

  it('SV-3 a client that connects again takes its place again, and so may the service', async () => {
    const { caller, client, hosted, server } = await startShared();
    client.disconnect().connect();
    await settled(client);
    expect(await caller.callService('name', 'theirs')).toBe('the client');
    expect(await caller.callService('name', 'ours')).toBe('the server');
    hosted.close();
    const again = server.asService('name', { shared: true });
    again.provideService('ours', () => 'the server again');
    expect(await caller.callService('name', 'ours')).toBe('the server again');
    expect(await caller.callService('name', 'theirs')).toBe('the client');
    expect(client.errors).toEqual([]);
  });

  it('SV-3 made without `shared` later, it sends the client away', async () => {
    const { caller, client, hosted, server } = await startShared();
    hosted.close();
    const gone = next(client, 'disconnect');
    server.asService('name').provideService('who', () => 'the server');
    await gone;
    expect(client.errors.map(({ code }) => code)).toEqual(['CLIENT_ID_RESERVED']);
    expect(await caller.callService('name', 'who')).toBe('the server');
  });

  it('SV-3 a second client under the id is refused as ever', async () => {
    const { rawSocket } = await startShared();
    const [refusal] = await next<[Error & { data: { code: string } }]>(
      rawSocket({ query: { clientId: 'name' } }),
      'connect_error',
    );
    expect(refusal.data.code).toBe('CLIENT_ID_IN_USE');
  });
});

/** Items that never come. */
async function* neverYielding(): AsyncGenerator<never> {
  await new Promise(() => {});
}
