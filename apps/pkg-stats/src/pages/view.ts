import type { DownloadHistory, Feed, FeedName, PackageDetails, Problem, SearchPage, UserDetails } from '../contract.js';
import type { Address } from './address.js';
import { FIRST_ORDER, type SortOrder } from './sort-packages.js';

/** Why something cannot be shown. `late`: no answer in time; `too-long`: more than is taken. */
export type Failure = Problem | 'not-found' | 'no-worker' | 'offline' | 'late' | 'too-long' | 'refused';

/** A part of a page. */
export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly value: T }
  | { readonly state: 'failed'; readonly failure: Failure };

export const LOADING = { state: 'loading' } as const satisfies Loaded<never>;

export type Feeds = { readonly [Name in FeedName]?: Feed };

/** When it was made, in ms since 1970: ages are counted from there, on both sides alike. */
interface Made {
  readonly at: number;
}

export interface HomeView extends Made {
  readonly kind: 'home';
  readonly feeds: Feeds;
  readonly failure: Failure | null;
}
export interface SearchView extends Made {
  readonly kind: 'search';
  readonly text: string;
  readonly number: number;
  /** Nothing is searched for without a text. */
  readonly result: Loaded<SearchPage>;
}
export interface PackageView extends Made {
  readonly kind: 'package';
  readonly name: string;
  readonly details: Loaded<PackageDetails>;
  readonly downloads: Loaded<DownloadHistory>;
  /** HTML that is safe to show. */
  readonly readme: Loaded<string>;
}
export interface UserView extends Made {
  readonly kind: 'user';
  readonly name: string;
  readonly user: Loaded<UserDetails>;
  readonly order: SortOrder;
}
export interface LostView extends Made {
  readonly kind: 'lost';
  readonly path: string;
}

/** All that a page shows: it is made by the server, goes to the browser as JSON, and is kept up to date there. */
export type View = HomeView | SearchView | PackageView | UserView | LostView;

/** What of a page has come. */
export type Parts = Partial<
  Omit<HomeView, Frame> | Omit<SearchView, Frame> | Omit<PackageView, Frame> | Omit<UserView, Frame>
>;
type Frame = 'kind' | 'at' | 'text' | 'number' | 'name';

/** The same page with what has come of it: the rest is as it is now, which may be newer. */
export const withParts = (view: View, parts: Parts): View => ({ ...view, ...parts }) as View;

/** The frame of a page that has nothing yet. */
export function emptyView(address: Address, at: number): View {
  switch (address.kind) {
    case 'home':
      return { ...address, at, feeds: {}, failure: null };
    case 'search':
      return { ...address, at, result: LOADING };
    case 'package':
      return { ...address, at, details: LOADING, downloads: LOADING, readme: LOADING };
    case 'user':
      return { ...address, at, user: LOADING, order: FIRST_ORDER };
    case 'lost':
      return { ...address, at };
  }
}

/** The part without which a page is nothing. */
export function mainPart(view: View): Loaded<unknown> {
  switch (view.kind) {
    case 'home':
      if (Object.keys(view.feeds).length > 0) return { state: 'ready', value: view.feeds };
      return view.failure ? { state: 'failed', failure: view.failure } : LOADING;
    case 'search':
      return view.text === '' ? { state: 'ready', value: null } : view.result;
    case 'package':
      return view.details;
    case 'user':
      return view.user;
    case 'lost':
      return { state: 'failed', failure: 'not-found' };
  }
}

/** The same page, with what has failed as not asked for yet. */
export function retried(view: View): View {
  if (view.kind === 'home') return { ...view, failure: null };
  const parts = Object.entries<unknown>({ ...view });
  return Object.fromEntries(parts.map(([name, part]) => [name, failureIn(part) ? LOADING : part])) as unknown as View;
}

/** Whether something in the page has failed in this way. */
export function hasFailure(view: View, failure: Failure): boolean {
  if (view.kind === 'home') return view.failure === failure;
  return Object.values<unknown>({ ...view }).some((part) => failureIn(part) === failure);
}

function failureIn(part: unknown): unknown {
  return typeof part === 'object' && part !== null && 'failure' in part ? part.failure : undefined;
}
