import type { ContractCall, ServiceHandlers } from 'socket.io-p2p-plugin';
import type { errors, PackageDetails, PackageSummary, RegistryService, UserDetails } from '../contract.js';
import { PATIENCE } from './cached-source.js';
import type { Downloads } from './downloads.js';
import type { PackageIndex } from './package-index.js';
import { packageList } from './package-list.js';
import type { Packages } from './packages.js';
import type { Readmes } from './readmes.js';
import type { Search } from './search.js';
import type { Source } from './source.js';
import { NotFoundError, SourceError } from './source-errors.js';
import { tarballEntries } from './tarball.js';
import type { Users } from './users.js';
import { within } from './within.js';

export interface HandlerParts {
  readonly source: Source;
  readonly packages: Packages;
  readonly search: Search;
  readonly users: Users;
  readonly downloads: Downloads;
  readonly readmes: Readmes;
  readonly index: PackageIndex;
}

/** Makes the errors that the contract declares. */
type ErrorMaker = ContractCall<typeof errors>;

/** Names of one item. */
const NAMES = 500;

/** What answers the calls of the contract. */
export function registryHandlers(parts: HandlerParts): ServiceHandlers<RegistryService> {
  const { source, packages, search, users, downloads, readmes, index } = parts;
  return {
    search: (input, call) =>
      declared(call, async () => {
        const page = await search.find(input);
        return { ...page, ...(await counted(parts, packageList(page.packages))) };
      }),
    package: ({ name }, call) => declared(call, () => packageDetails(parts, name)),
    user: ({ name }, call) =>
      declared(call, async (): Promise<UserDetails> => {
        const user = await users.find(name);
        const list = packageList(user.packages);
        const isComplete = user.isComplete && list.length === user.packages.length;
        return { ...user, ...(await counted(parts, list)), isComplete };
      }),
    downloads: ({ name, days }) => downloads.history(name, days),
    readme: ({ name }, call) =>
      declared(call, async () => {
        const { value } = await packages.record(name);
        return declaredItems(call, readmes.pieces(value, call.signal));
      }),
    files: ({ name }, call) =>
      declared(call, async () => {
        const { value } = await packages.record(name);
        if (value.tarball === null) throw new NotFoundError(name);
        return declaredItems(call, tarballEntries(source, { name, address: value.tarball, signal: call.signal }));
      }),
    names: async function* () {
      const all = [...index.all()];
      for (let i = 0; i < all.length; i += NAMES) {
        yield all.slice(i, i + NAMES).map(({ name, publishedAt }) => ({ name, publishedAt }));
      }
    },
  };
}

async function packageDetails(parts: HandlerParts, name: string): Promise<PackageDetails> {
  const { packages, downloads, index } = parts;
  const [{ value, freshness }, counts] = await Promise.all([
    packages.record(name),
    within(PATIENCE, downloads.weekly([name]), undefined),
  ]);
  const count = counts?.get(name);
  if (typeof count === 'number') index.setDownloads(name, count);
  const known = count ?? index.get(name)?.downloads ?? null;
  return { ...value.details, downloads: known, freshness, downloadsFreshness: downloads.freshnessOf([name]) };
}

/** Most packages with a scope whose downloads are asked for, one by one, for one answer. */
const MAX_SCOPED = 20;

/** With their downloads, as far as these can be told soon. */
async function counted({ downloads, index }: HandlerParts, packages: PackageSummary[]) {
  const unknown = packages.filter((summary) => summary.downloads === null).map(({ name }) => name);
  const scoped = unknown.filter((name) => name.startsWith('@')).slice(0, MAX_SCOPED);
  const others = unknown.filter((name) => !name.startsWith('@'));
  const counts = await within(PATIENCE, downloads.weekly([...others, ...scoped]), new Map<string, number | null>());
  const all = packages.map((summary) => {
    const count = summary.downloads ?? counts.get(summary.name) ?? null;
    if (count !== null) index.setDownloads(summary.name, count);
    return { ...summary, downloads: count };
  });
  return { packages: all, downloadsFreshness: downloads.freshnessOf(packages.map(({ name }) => name)) };
}

async function declared<T>(call: ErrorMaker, answer: () => Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    throw declaredAs(call, error);
  }
}

async function* declaredItems<T>(call: ErrorMaker, items: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    throw declaredAs(call, error);
  }
}

function declaredAs(call: ErrorMaker, error: unknown): unknown {
  if (error instanceof NotFoundError) return call.error('NOT_FOUND', { name: error.thing });
  if (error instanceof SourceError) return call.error('UNAVAILABLE', { problem: error.problem });
  return error;
}
