import { defineService, rpc, topic } from 'socket.io-p2p-plugin';
import * as v from 'valibot';

/** Client ids of workers begin so, and only theirs do. */
export const WORKER_PREFIX = 'registry-';

/** As npm has them: with a scope or without. Old packages may have capitals. No part is a way to another folder. */
const NAME = /^(?:@(?!\.{1,2}\/)[a-z0-9~_.-]+\/)?(?!\.{1,2}$)[a-z0-9~_.-]+$/i;

const packageName = v.pipe(v.string(), v.maxLength(214), v.regex(NAME, 'not the name of a package'));
const userName = v.pipe(v.string(), v.maxLength(100), v.regex(/^(?!\.{1,2}$)[\w.-]+$/, 'not the name of a user'));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Why a source does not say what it should. */
const PROBLEMS = ['unreachable', 'slow', 'rate-limited', 'failing'] as const;

/** How new something is. Times are in ms since 1970. */
const freshness = v.object({
  /** When its source has last said so. */
  asOf: v.number(),
  /** Why it is not newer; null where it is as new as it should be. */
  problem: v.nullable(v.picklist(PROBLEMS)),
});

export const packageSummary = v.object({
  name: v.string(),
  version: v.string(),
  description: v.string(),
  keywords: v.array(v.string()),
  maintainers: v.array(v.string()),
  publishedAt: v.nullable(v.number()),
  /** Of the last week; null where nobody knows. */
  downloads: v.nullable(v.number()),
});

/** Of the counts of downloads, which have a source of their own; null where it has told none. */
const downloadsFreshness = v.nullable(freshness);

const packageDetails = v.object({
  ...packageSummary.entries,
  license: v.nullable(v.string()),
  deprecated: v.nullable(v.string()),
  links: v.array(v.object({ rel: v.picklist(['homepage', 'repository', 'issues']), url: v.string() })),
  dependencies: v.array(
    v.object({ name: v.string(), range: v.string(), kind: v.picklist(['runtime', 'peer', 'optional']) }),
  ),
  /** The newest first, a hundred at most. */
  versions: v.array(
    v.object({
      version: v.string(),
      publishedAt: v.nullable(v.number()),
      tags: v.array(v.string()),
      deprecated: v.boolean(),
    }),
  ),
  versionCount: count,
  /** In bytes. */
  unpackedSize: v.nullable(v.number()),
  freshness,
  downloadsFreshness,
});

const userDetails = v.object({
  name: v.string(),
  packages: v.array(packageSummary),
  /** Whether the registry has told all of them: else they are those that the worker knows. */
  isComplete: v.boolean(),
  freshness,
  downloadsFreshness,
});

const searchPage = v.object({
  total: count,
  packages: v.array(packageSummary),
  /** Who has found them. The worker's own index stands in for a registry that does not answer. */
  origin: v.picklist(['registry', 'index']),
  freshness,
  downloadsFreshness,
});

const downloadHistory = v.object({
  /** The oldest first, without gaps; null where nobody knows. */
  days: v.nullable(v.array(v.object({ day: v.string(), downloads: count }))),
  /** Null where nothing is known. */
  freshness: downloadsFreshness,
  /** Why nothing is known; null where there is no source, or it knows nothing of this package. */
  problem: v.nullable(v.picklist(PROBLEMS)),
});

const feed = v.object({
  packages: v.array(packageSummary),
  index: v.object({ size: count, updatedAt: v.nullable(v.number()) }),
  downloadsFreshness,
});

/** What each API may fail with, besides what all calls may. */
export const errors = {
  /** The registry says that there is no such thing. */
  NOT_FOUND: v.object({ name: v.string() }),
  /** The registry does not answer, and nothing is known from before. */
  UNAVAILABLE: v.object({ problem: v.picklist(PROBLEMS) }),
};

const entries = {
  search: rpc({
    input: v.object({
      text: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200)),
      from: v.optional(v.pipe(count, v.maxValue(5_000)), 0),
      size: v.optional(v.pipe(count, v.minValue(1), v.maxValue(50)), 20),
    }),
    output: searchPage,
    errors,
  }),
  package: rpc({ input: v.object({ name: packageName }), output: packageDetails, errors }),
  user: rpc({ input: v.object({ name: userName }), output: userDetails, errors }),
  downloads: rpc({
    input: v.object({ name: packageName, days: v.optional(v.pipe(count, v.minValue(7), v.maxValue(365)), 90) }),
    output: downloadHistory,
  }),
  /** The README as HTML that is safe to show, in pieces. */
  readme: rpc({ input: v.object({ name: packageName }), yields: v.string(), errors }),
  /** What is in the package, as its tarball is read. */
  files: rpc({
    input: v.object({ name: packageName }),
    yields: v.object({ path: v.string(), size: count }),
    errors,
  }),
  /** All packages of the index, many to an item. */
  names: rpc({ yields: v.array(v.object({ name: v.string(), publishedAt: v.nullable(v.number()) })) }),
  popular: topic(feed),
  newest: topic(feed),
  random: topic(feed),
};

/** What a worker offers; `id` is its client id. */
export const registryService = (id: string) => defineService(id, entries);

export type RegistryService = ReturnType<typeof registryService>;
export type Freshness = v.InferOutput<typeof freshness>;
export type Problem = NonNullable<Freshness['problem']>;
export type PackageSummary = v.InferOutput<typeof packageSummary>;
export type PackageDetails = v.InferOutput<typeof packageDetails>;
export type UserDetails = v.InferOutput<typeof userDetails>;
export type SearchPage = v.InferOutput<typeof searchPage>;
export type DownloadHistory = v.InferOutput<typeof downloadHistory>;
export type Feed = v.InferOutput<typeof feed>;
export type FeedName = 'popular' | 'newest' | 'random';
export const FEEDS = ['popular', 'newest', 'random'] as const satisfies readonly FeedName[];

export const isPackageName = (text: string): boolean => v.is(packageName, text);
export const isUserName = (text: string): boolean => v.is(userName, text);
