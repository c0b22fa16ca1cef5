import { takeCredentials } from '../credentials.js';

/** Where a source is, and how to show who asks. */
export interface SourceAddress {
  /** Without a slash at its end, and without credentials: logs and cache keys have it. */
  readonly base: string;
  /** The header, where the address has credentials. */
  readonly authorization: string | undefined;
}

export function sourceAddress(address: string): SourceAddress {
  const { url, authorization } = takeCredentials(address);
  return { base: url.href.replace(/\/+$/, ''), authorization };
}
