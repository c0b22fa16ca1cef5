/** An address for requests and logs, and the header by which to show who asks. */
export interface Credentials {
  readonly url: URL;
  readonly authorization: string | undefined;
}

/** Takes the credentials out of an address: it is people who write them there. */
export function takeCredentials(address: string): Credentials {
  const url = new URL(address);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  if (username === '') return { url, authorization: undefined };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
