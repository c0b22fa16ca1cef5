import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { registryService } from '../../src/contract.js';
import { packageOf, shelfOf } from '../support/shelf-worker.js';
import { startSite, TOKEN } from '../support/start-site.js';

function join(url: string, id: string, { isService = false, auth = {} } = {}) {
  const socket = p2pClientPlugin(io(url, { forceNew: true, auth, transports: ['websocket'] }), id, { isService });
  // Or else it is logged.
  socket.on('SERVER_ERROR', () => {});
  onTestFinished(() => void socket.disconnect());
  return socket;
}

const refusal = (socket: ReturnType<typeof join>) =>
  new Promise((resolve) => {
    socket.on('connect_error', (error: Error & { data?: { code?: string } }) => resolve(error.data?.code));
  });

describe('who may do what at the relay', () => {
  it('a visitor asks a worker, and follows its feeds', async () => {
    const { url } = await startSite({ shelf: shelfOf(packageOf('left-pad')) });
    const visitor = join(url, 'visitor-1');
    expect(await visitor.getServiceList()).toEqual(['registry-shelf']);
    const worker = registryService('registry-shelf');
    expect((await visitor.callService(worker, 'package', { name: 'left-pad' })).name).toBe('left-pad');
    for await (const { index } of visitor.subscribeTopic(worker, 'newest')) {
      expect(index.size).toBe(1);
      break;
    }
  });

  it('visitors do not reach each other, nor learn of each other', async () => {
    const { url } = await startSite();
    const [visitor, other] = [join(url, 'visitor-1'), join(url, 'visitor-2', { isService: true })];
    await other.isClientConnected('visitor-2');
    const forbidden = expect.objectContaining({ code: 'FORBIDDEN' });
    await expect(visitor.emitToWithAck('visitor-2', 'hello')).rejects.toEqual(forbidden);
    await expect(visitor.openStream('visitor-2')).rejects.toEqual(forbidden);
    await expect(visitor.addP2pTarget('visitor-2')).rejects.toEqual(forbidden);
    await expect(visitor.isClientConnected('visitor-2')).rejects.toEqual(forbidden);
    await expect(visitor.callService('visitor-2', 'anything')).rejects.toEqual(forbidden);
    await expect(visitor.getClientList()).rejects.toEqual(forbidden);
    await expect(visitor.joinRoom('room')).rejects.toEqual(forbidden);
    // Who is no worker is no service either.
    expect(await visitor.getServiceList()).toEqual([]);
  });

  it('a visitor sends no worker messages or streams', async () => {
    const { url } = await startSite({ shelf: shelfOf() });
    const visitor = join(url, 'visitor-1');
    const forbidden = expect.objectContaining({ code: 'FORBIDDEN' });
    await expect(visitor.emitToWithAck('registry-shelf', 'hello')).rejects.toEqual(forbidden);
    await expect(visitor.openStream('registry-shelf')).rejects.toEqual(forbidden);
  });

  it.each([
    ['without a token', {}],
    ['with another one', { token: 'guessed' }],
    ['with no text', { token: [TOKEN] }],
  ])('nobody is a worker %s', async (_how, auth) => {
    const { url, get } = await startSite();
    expect(await refusal(join(url, 'registry-false', { isService: true, auth }))).toBe('AUTH_FAILED');
    expect(await (await get('/healthz')).json()).toEqual({ status: 'ok', workers: 0 });
  });

  it('nobody is a worker where no token is set', async () => {
    const { url } = await startSite({ settings: { token: undefined } });
    expect(await refusal(join(url, 'registry-false', { auth: { token: undefined } }))).toBe('AUTH_FAILED');
  });

  it('a visitor follows 16 topics, and no more', async () => {
    const { url } = await startSite();
    const worker = join(url, 'registry-1', { isService: true, auth: { token: TOKEN } });
    const visitor = join(url, 'visitor-1');
    const names = Array.from({ length: 17 }, (_, index) => `topic-${index}`);
    for (const name of names) worker.createTopic(name);
    await worker.isClientConnected('registry-1');
    const follow = (name: string) => visitor.subscribeTopic('registry-1', name, () => {}).ready;
    for (const name of names.slice(0, 16)) await follow(name);
    await expect(follow('topic-16')).rejects.toEqual(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  });

  it('a worker is no way to reach visitors', async () => {
    const { url } = await startSite();
    const worker = join(url, 'registry-1', { isService: true, auth: { token: TOKEN } });
    const visitor = join(url, 'visitor-1');
    await visitor.isClientConnected('visitor-1');
    const forbidden = expect.objectContaining({ code: 'FORBIDDEN' });
    await expect(worker.emitToWithAck('visitor-1', 'hello')).rejects.toEqual(forbidden);
    await expect(worker.getClientList()).rejects.toEqual(forbidden);
  });
});
