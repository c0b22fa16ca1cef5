import { io } from 'socket.io-client';
import type { ServiceHandlers } from 'socket.io-p2p-plugin';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import {
  type DownloadHistory,
  FEEDS,
  type Feed,
  type PackageDetails,
  type PackageSummary,
  type RegistryService,
  registryService,
  type SearchPage,
  type UserDetails,
} from '../../src/contract.js';

/** All that a worker knows that has no registry, but a shelf of packages. */
export interface Shelf {
  packages: PackageDetails[];
  downloads: Map<string, number[]>;
  readmes: Map<string, string>;
  files: { path: string; size: number }[];
  /** Calls wait for it. */
  gate: Promise<unknown>;
  gateOfReadmes: Promise<unknown>;
  problem: UserDetails['freshness']['problem'];
  downloadsFreshness: Feed['downloadsFreshness'];
  /** Why there are no counts. */
  problemOfDownloads: DownloadHistory['problem'];
  indexUpdatedAt: number | null;
  /** How often all names were asked for. */
  readsOfNames: number;
  /** What all calls fail with. */
  unavailable: NonNullable<UserDetails['freshness']['problem']> | null;
}

export const NOW = Date.parse('2026-11-20T12:00:00Z');

export const packageOf = (name: string, more: Partial<PackageDetails> = {}): PackageDetails => ({
  name,
  version: '1.2.3',
  description: `What ${name} does`,
  keywords: [],
  maintainers: ['ann'],
  publishedAt: NOW,
  downloads: null,
  license: 'MIT',
  deprecated: null,
  links: [],
  dependencies: [],
  versions: [{ version: '1.2.3', publishedAt: NOW, tags: ['latest'], deprecated: false }],
  versionCount: 1,
  unpackedSize: 12_345,
  freshness: { asOf: NOW, problem: null },
  downloadsFreshness: null,
  ...more,
});

export const shelfOf = (...packages: PackageDetails[]): Shelf => ({
  packages,
  downloads: new Map(),
  readmes: new Map(),
  files: [],
  gate: Promise.resolve(),
  gateOfReadmes: Promise.resolve(),
  problem: null,
  downloadsFreshness: null,
  problemOfDownloads: null,
  indexUpdatedAt: NOW,
  readsOfNames: 0,
  unavailable: null,
});

export interface ShelfWorkerOptions {
  readonly shelf: Shelf;
  readonly token: string | undefined;
  readonly id?: string;
}

/** A worker for tests of the pages: it answers from a shelf, which may change. */
export async function startShelfWorker(url: string, { shelf, token, id = 'registry-shelf' }: ShelfWorkerOptions) {
  const socket = p2pClientPlugin(io(url, { auth: { token }, forceNew: true }), id, { isService: true });
  const service = registryService(id);
  for (const name of FEEDS) socket.createTopic(name, { retain: 1 });
  socket.provideService(service, handlersOf(shelf));
  const publish = () => Promise.all(FEEDS.map((name) => socket.publishTopic(service, name, feedOf(shelf))));
  await publish();
  await socket.isClientConnected(id);
  return { publish, close: () => void socket.disconnect() };
}

type Call = Parameters<ServiceHandlers<RegistryService>['package']>[1];

function handlersOf(shelf: Shelf): ServiceHandlers<RegistryService> {
  const find = async (name: string, call: Call) => {
    await shelf.gate;
    if (shelf.unavailable) throw call.error('UNAVAILABLE', { problem: shelf.unavailable });
    const found = shelf.packages.find((item) => item.name === name);
    if (!found) throw call.error('NOT_FOUND', { name });
    const { downloadsFreshness, problem } = shelf;
    return { ...found, freshness: { ...found.freshness, problem }, downloadsFreshness };
  };
  return {
    search: (input, call) => search(shelf, input, call),
    package: ({ name }, call) => find(name, call),
    user: ({ name }, call) => user(shelf, name, call),
    downloads: async ({ name }) => {
      await shelf.gate;
      return historyOf(shelf, shelf.downloads.get(name));
    },
    readme: async function* ({ name }, call) {
      await find(name, call);
      await shelf.gateOfReadmes;
      const html = shelf.readmes.get(name) ?? '';
      for (let at = 0; at < html.length; at += 16_384) yield html.slice(at, at + 16_384);
    },
    files: async function* ({ name }, call) {
      await find(name, call);
      yield* shelf.files;
    },
    names: async function* () {
      shelf.readsOfNames++;
      await shelf.gate;
      const names = shelf.packages.map(({ name, publishedAt }) => ({ name, publishedAt }));
      for (let at = 0; at < names.length; at += 1_000) yield names.slice(at, at + 1_000);
    },
  };
}

async function search(
  shelf: Shelf,
  { text, from, size }: { text: string; from: number; size: number },
  call: Call,
): Promise<SearchPage> {
  await shelf.gate;
  if (shelf.unavailable) throw call.error('UNAVAILABLE', { problem: shelf.unavailable });
  const found = shelf.packages.filter((item) => `${item.name} ${item.description} ${item.keywords}`.includes(text));
  const packages = found.slice(from, from + size).map(summaryOf);
  const { downloadsFreshness, problem } = shelf;
  return { total: found.length, packages, origin: 'registry', freshness: { asOf: NOW, problem }, downloadsFreshness };
}

async function user(shelf: Shelf, name: string, call: Call): Promise<UserDetails> {
  await shelf.gate;
  if (shelf.unavailable) throw call.error('UNAVAILABLE', { problem: shelf.unavailable });
  const packages = shelf.packages.filter(({ maintainers }) => maintainers.includes(name)).map(summaryOf);
  if (packages.length === 0) throw call.error('NOT_FOUND', { name });
  const { downloadsFreshness, problem } = shelf;
  return { name, packages, isComplete: true, freshness: { asOf: NOW, problem }, downloadsFreshness };
}

const summaryOf = (item: PackageDetails): PackageSummary => {
  const { name, version, description, keywords, maintainers, publishedAt, downloads } = item;
  return { name, version, description, keywords, maintainers, publishedAt, downloads };
};

const feedOf = ({ packages, indexUpdatedAt, downloadsFreshness }: Shelf): Feed => ({
  packages: packages.slice(0, 10).map(summaryOf),
  index: { size: packages.length, updatedAt: indexUpdatedAt },
  downloadsFreshness,
});

function historyOf({ downloadsFreshness, problemOfDownloads }: Shelf, counts?: readonly number[]): DownloadHistory {
  const dayOf = (index: number) => new Date(NOW - index * 86_400_000).toISOString().slice(0, 10);
  const days = counts?.map((downloads, index) => ({ day: dayOf(counts.length - 1 - index), downloads })) ?? null;
  if (!days) return { days, freshness: null, problem: problemOfDownloads };
  return { days, freshness: downloadsFreshness ?? { asOf: NOW, problem: null }, problem: null };
}
