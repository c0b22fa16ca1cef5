import { isPackageName, isUserName } from '../contract.js';

/** What somebody means who writes something into the search box. */
export type Query =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'user'; readonly name: string };

/** As long as the contract lets a text be. */
const MAX_TEXT = 200;

/** Reads the forms of the search box: `pkg:NAME`, `@USER`, and any other text. */
export function parseQuery(written: string): Query {
  const text = written.replace(/\s+/g, ' ').trim();
  if (text === '') return { kind: 'nothing' };
  const name = /^pkg:\s*(.+)$/i.exec(text)?.[1];
  if (name !== undefined && isPackageName(name)) return { kind: 'package', name };
  const user = /^@\s*(.+)$/.exec(text)?.[1];
  if (user !== undefined && isUserName(user)) return { kind: 'user', name: user };
  // No user has a slash in the name: it is a package with a scope.
  if (user !== undefined && isPackageName(text)) return { kind: 'package', name: text };
  return { kind: 'text', text: text.slice(0, MAX_TEXT).trim() };
}
