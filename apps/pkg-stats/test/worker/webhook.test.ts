import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readSettings } from '../../src/settings.js';
import { pauseAfter } from '../../src/webhook/poster.js';
import { startWebhookClient, type WebhookOptions, type WebhookPost } from '../../src/webhook/webhook-client.js';
import { startHttp } from '../support/start-http.js';
import { startTestWorker, untilFeed } from '../support/start-test-worker.js';
import { startVerdaccio } from '../support/verdaccio.js';

/** Takes what is posted, and answers by the statuses that it is given, then by 200. */
async function startHook(statuses: number[] = []) {
  const posts: WebhookPost[] = [];
  const waiting: { count: number; resolve(): void }[] = [];
  const server = await startHttp(async (request, response) => {
    const body = JSON.parse(await text(request)) as WebhookPost;
    const status = statuses.shift() ?? 200;
    response.writeHead(status, { 'retry-after': '0' }).end();
    if (status >= 300) return;
    posts.push(body);
    for (const { count, resolve } of waiting) if (posts.length >= count) resolve();
  });
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      waiting.push({ count, resolve });
      if (posts.length >= count) resolve();
    });
  return { url: server.url, posts, until, requests: server.requests };
}

async function follow(webhook: string, options: WebhookOptions = {}) {
  const registry = await startVerdaccio();
  onTestFinished(() => registry.close());
  await registry.publish({ name: 'there-before', description: 'an old one' });
  const { relay, client } = await startTestWorker({ registry: registry.url });
  await untilFeed(client, 'newest', ({ packages }) => packages.length === 1);
  const settings = { ...readSettings({}), relay: relay.url, webhook, origin: 'https://stats.example' };
  await new Promise<void>((connected) => {
    const { close } = startWebhookClient(settings, { ...options, connected });
    onTestFinished(close);
  });
  return { registry, client };
}

describe('PS-4 the webhook client', () => {
  it('posts what is new, once, and nothing that was there before', async () => {
    const hook = await startHook();
    const { registry, client } = await follow(hook.url);
    await registry.publish({ name: '@scope/new', description: 'brand new' });
    await hook.until(1);
    await registry.publish({ name: 'newer' });
    await hook.until(2);
    await untilFeed(client, 'newest', ({ packages }) => packages.length === 3);
    expect(hook.posts).toEqual([
      {
        feed: 'newest',
        text: '@scope/new 1.0.0: brand new',
        package: expect.objectContaining({ name: '@scope/new', version: '1.0.0' }),
        url: 'https://stats.example/package/@scope/new',
      },
      expect.objectContaining({ text: 'newer 1.0.0' }),
    ]);
  });

  it('posts what is there already where it is told to, and each new version', async () => {
    const hook = await startHook();
    const { registry } = await follow(hook.url, { includesFirst: true });
    await hook.until(1);
    await registry.publish({ name: 'there-before', version: '1.0.1' });
    await hook.until(2);
    expect(hook.posts.map(({ package: { name, version } }) => `${name}@${version}`)).toEqual([
      'there-before@1.0.0',
      'there-before@1.0.1',
    ]);
  });

  it('follows another feed', async () => {
    const hook = await startHook();
    await follow(hook.url, { feed: 'random', includesFirst: true });
    await hook.until(1);
    expect(hook.posts).toMatchObject([{ feed: 'random', package: { name: 'there-before' } }]);
  });

  it('tries again, in order', async () => {
    const hook = await startHook([500, 429, 503]);
    const { registry } = await follow(hook.url, { includesFirst: true });
    await registry.publish({ name: 'next' });
    await hook.until(2);
    expect(hook.requests).toHaveLength(5);
    expect(hook.posts.map(({ package: { name } }) => name)).toEqual(['there-before', 'next']);
  });

  it('waits longer and longer, and for as long as it is told to, but for a minute at most', () => {
    expect([1, 2, 3].map((attempt) => pauseAfter(attempt, undefined))).toEqual([200, 400, 800]);
    expect([pauseAfter(1, 5_000), pauseAfter(3, 5), pauseAfter(1, 3_600_000)]).toEqual([5_000, 800, 60_000]);
  });

  it('sends credentials of the address in a header, and takes no redirect for a success', async () => {
    const hook = await startHook([301]);
    const address = hook.url.replace('http://', 'http://user:s3cret@');
    const { registry } = await follow(`${address}/hook/`, { includesFirst: true });
    await registry.publish({ name: 'next' });
    await hook.until(1);
    expect(hook.posts).toMatchObject([{ package: { name: 'next' } }]);
    const [request] = hook.requests;
    expect([request?.url, request?.headers.authorization]).toEqual([
      '/hook/',
      `Basic ${Buffer.from('user:s3cret').toString('base64')}`,
    ]);
  });

  it('gives up what is refused, tells it, and goes on', async () => {
    const hook = await startHook([400]);
    const { registry } = await follow(hook.url, { includesFirst: true });
    await registry.publish({ name: 'next' });
    await hook.until(1);
    expect(hook.posts).toMatchObject([{ package: { name: 'next' } }]);
    expect(hook.requests).toHaveLength(2);
  });

  it('needs an address', () => {
    expect(() => startWebhookClient(readSettings({}))).toThrow('PKG_STATS_WEBHOOK');
  });
});
