import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { P2PError } from 'socket.io-p2p-plugin';
import { onTestFinished } from 'vitest';
import type { Feed, FeedName } from '../../src/contract.js';
import { RegistryClient } from '../../src/registry-client.js';
import { readSettings, type Settings } from '../../src/settings.js';
import { type RegistryWorker, startWorker } from '../../src/worker/registry-worker.js';
import { startRelay, type TestRelay } from './start-relay.js';

/** A worker on a relay of its own, and a visitor who asks it. Everything is closed with the test. */
export interface TestWorker {
  readonly worker: RegistryWorker;
  readonly relay: TestRelay;
  readonly client: RegistryClient;
  readonly settings: Settings;
}

/** Nothing is fresh for longer than a moment, and the index is brought up to date often, unless the test says else. */
export async function startTestWorker(given: Partial<Settings>): Promise<TestWorker> {
  const relay = await startRelay();
  const cacheFolder = given.cacheFolder ?? (await testFolder());
  const quick = { freshFor: 0, pollEvery: 100, requestsPerSecond: 10_000 };
  const settings: Settings = { ...readSettings({}), ...quick, ...given, relay: relay.url, cacheFolder };
  const worker = await startWorker(settings);
  onTestFinished(() => worker.close());
  return { worker, relay, client: new RegistryClient(relay.connect('visitor')), settings };
}

/** Empty; taken away with the test. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pkg-stats-cache-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** The first publication of a feed that is as wanted. */
export async function untilFeed(
  client: RegistryClient,
  name: FeedName,
  isWanted: (feed: Feed) => boolean,
): Promise<Feed> {
  const leaving = new AbortController();
  return new Promise((resolve) => {
    void client.follow(
      name,
      (feed) => {
        if (!isWanted(feed)) return;
        resolve(feed);
        leaving.abort();
      },
      leaving.signal,
    );
  });
}

/** The items of an answer, all of them. */
export async function itemsOf<T>(answer: Promise<AsyncIterable<T>>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of await answer) items.push(item);
  return items;
}

/** The code of what a promise rejects with, and what a service says of it. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return { answer: await promise };
  } catch (error) {
    if (!(error instanceof P2PError)) throw error;
    return error.code === 'SERVICE_ERROR' ? error.details : error.code;
  }
}
