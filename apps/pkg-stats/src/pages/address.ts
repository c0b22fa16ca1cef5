import { isPackageName, isUserName } from '../contract.js';
import { parseQuery } from './parse-query.js';

/** What an address of this site is of. */
export type Address =
  | { readonly kind: 'home' }
  | { readonly kind: 'search'; readonly text: string; readonly number: number }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'user'; readonly name: string }
  /** The path as it is written in the address: decoded, it could be read as that of another site. */
  | { readonly kind: 'lost'; readonly path: string };

/** Of search results. */
export const PAGE_SIZE = 20;
/** Further than this no registry looks. */
export const LAST_PAGE = 250;

/** Reads the path and the query of an address; what is none of this site is `lost`. */
export function readAddress({ pathname, searchParams }: URL): Address {
  const path = decoded(pathname);
  const [, first, ...rest] = path.replace(/(?<=.)\/$/, '').split('/');
  const name = rest.join('/');
  if (first === '' && rest.length === 0) return { kind: 'home' };
  if (first === 'search' && rest.length === 0) return readSearch(searchParams);
  if (first === 'package' && isPackageName(name)) return { kind: 'package', name };
  if (first === 'user' && isUserName(name)) return { kind: 'user', name };
  return { kind: 'lost', path: pathname };
}

/** The one address that a page has. */
export function pathOf(address: Address): string {
  switch (address.kind) {
    case 'home':
      return '/';
    case 'search':
      return searchPath(address.text, address.number);
    case 'lost':
      return address.path;
    default:
      return `/${address.kind}/${address.name}`;
  }
}

/** Where the search box leads to. */
export function addressOfQuery(written: string): Address {
  const query = parseQuery(written);
  if (query.kind === 'package' || query.kind === 'user') return query;
  return { kind: 'search', text: query.kind === 'text' ? query.text : '', number: 1 };
}

export const packagePath = (name: string): string => pathOf({ kind: 'package', name });
export const userPath = (name: string): string => pathOf({ kind: 'user', name });

export function searchPath(text: string, number = 1): string {
  const search = new URLSearchParams({ q: text, ...(number > 1 && { page: String(number) }) });
  return `/search?${search}`;
}

function readSearch(search: URLSearchParams): Address {
  const address = addressOfQuery(search.get('q') ?? '');
  const number = Number(search.get('page') ?? 1);
  if (address.kind !== 'search' || !Number.isInteger(number) || number < 1) return address;
  return { ...address, number: Math.min(number, LAST_PAGE) };
}

export function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
