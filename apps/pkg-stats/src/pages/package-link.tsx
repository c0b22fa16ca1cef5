import type { JSX } from 'preact';
import { isPackageName } from '../contract.js';
import { packagePath } from './address.js';

/** Whoever publishes writes what it depends on: not every such name has a page here. */
export function PackageLink({ name }: { name: string }): JSX.Element {
  return isPackageName(name) ? <a href={packagePath(name)}>{name}</a> : <span>{name}</span>;
}
