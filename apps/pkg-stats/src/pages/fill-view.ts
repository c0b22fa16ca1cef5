import { declaredError, P2PError } from 'socket.io-p2p-plugin';
import { registryService, WORKER_PREFIX } from '../contract.js';
import type { RegistryClient } from '../registry-client.js';
import { PAGE_SIZE } from './address.js';
import type { Failure, HomeView, Loaded, PackageView, Parts, View } from './view.js';

export interface FillOptions {
  readonly client: RegistryClient;
  /** Is given each part when it has come. */
  readonly show: (parts: Parts) => void;
  /** Of a README, in characters. */
  readonly maxReadme: number;
  /** Asks for all parts, and shows those that come. Otherwise for those that are loading. */
  readonly isRefresh?: boolean;
}

/** Asks for the parts of a page. Never rejects: a part that does not come says why. */
export async function fillView(view: View, options: FillOptions): Promise<void> {
  const { client, show } = options;
  if (view.kind === 'home') return findFeeds(view, options);
  if (view.kind === 'package') return fillPackage(view, options);
  if (view.kind === 'search' && view.text !== '') {
    const input = { text: view.text, from: (view.number - 1) * PAGE_SIZE, size: PAGE_SIZE };
    await ask(view.result, options, {
      question: () => client.search(input),
      put: (result) => show({ result }),
    });
  }
  if (view.kind === 'user') {
    await ask(view.user, options, {
      question: () => client.user(view.name),
      put: (user) => show({ user }),
    });
  }
}

/** Feeds come by themselves, if there is somebody to publish them. */
async function findFeeds(view: HomeView, { client, show }: FillOptions): Promise<void> {
  try {
    await client.findWorker();
  } catch (error) {
    if (Object.keys(view.feeds).length === 0) show({ failure: failureOf(error) });
  }
}

async function fillPackage(view: PackageView, options: FillOptions): Promise<void> {
  const { client, maxReadme, show } = options;
  const { name } = view;
  await Promise.all([
    ask(view.details, options, { question: () => client.package(name), put: (details) => show({ details }) }),
    ask(view.downloads, options, { question: () => client.downloads(name), put: (downloads) => show({ downloads }) }),
    ask(view.readme, options, {
      question: async () => collect(await client.readme(name), maxReadme),
      put: (readme) => show({ readme }),
    }),
  ]);
}

interface Part<T> {
  question: () => Promise<T>;
  put: (part: Loaded<T>) => void;
}

async function ask<T>(before: Loaded<T>, { isRefresh }: FillOptions, { question, put }: Part<T>): Promise<void> {
  if (before.state !== 'loading' && !isRefresh) return;
  try {
    put({ state: 'ready', value: await question() });
  } catch (error) {
    // What was there is better than why there is nothing newer.
    if (before.state !== 'ready') put({ state: 'failed', failure: failureOf(error) });
  }
}

async function collect(pieces: AsyncIterable<string>, max: number): Promise<string> {
  let text = '';
  for await (const piece of pieces) {
    text += piece;
    if (text.length > max) throw new P2PError('PAYLOAD_TOO_LARGE', `It has more than ${max} characters`);
  }
  return text;
}

const ANY_WORKER = registryService(WORKER_PREFIX);

const FAILURES: ReadonlyMap<string, Failure> = new Map([
  ['CLIENT_NOT_FOUND', 'no-worker'],
  ['PEER_GONE', 'no-worker'],
  ['LINK_DOWN', 'offline'],
  ['TIMEOUT', 'late'],
  ['ABORTED', 'late'],
  ['PAYLOAD_TOO_LARGE', 'too-long'],
  ['INPUT_INVALID', 'refused'],
  ['FORBIDDEN', 'refused'],
  ['RATE_LIMITED', 'rate-limited'],
]);

/** What to say of an error of a call. */
export function failureOf(error: unknown): Failure {
  const declared = declaredError(ANY_WORKER, 'package', error);
  if (declared) return declared.error === 'NOT_FOUND' ? 'not-found' : declared.data.problem;
  return (error instanceof P2PError && FAILURES.get(error.code)) || 'failing';
}
