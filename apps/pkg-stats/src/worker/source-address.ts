/** Where a source is, and how to show who asks. */
export interface SourceAddress {
  /** Without a slash at its end, and without credentials: logs and cache keys have it. */
  readonly base: string;
  /** The header, where the address has credentials. */
  readonly authorization: string | undefined;
}

/** Addresses with credentials are for people: requests and logs get them without. */
export function sourceAddress(address: string): SourceAddress {
  const url = new URL(address);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const base = url.href.replace(/\/+$/, '');
  if (!username) return { base, authorization: undefined };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { base, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
