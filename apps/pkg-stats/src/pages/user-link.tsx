import type { JSX } from 'preact';
import { isUserName } from '../contract.js';
import { userPath } from './address.js';

interface UserLinkProps {
  readonly name: string;
  /** What stands before the name. */
  readonly sign?: string;
}

/** Whoever publishes writes who maintains: not every such name has a page here. */
export function UserLink({ name, sign = '' }: UserLinkProps): JSX.Element {
  const text = sign + name;
  return isUserName(name) ? <a href={userPath(name)}>{text}</a> : <span>{text}</span>;
}
