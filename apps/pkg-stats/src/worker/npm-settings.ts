import registryAuthToken from 'registry-auth-token';
import registryUrl from 'registry-auth-token/registry-url.js';
import type { Settings } from '../settings.js';

/** Where the registry is, and how to show who asks. */
export interface RegistryAccess {
  /** Without a slash at its end. */
  readonly base: string;
  /** The header, where npm has credentials for this registry. */
  readonly authorization: string | undefined;
}

/**
 * As npm has them on this machine, by environment variables and every `.npmrc` that it reads, unless the settings name
 * a registry.
 */
export function npmSettings({ registry }: Pick<Settings, 'registry'>): RegistryAccess {
  const url = new URL(registry ?? registryUrl());
  const { username, password } = url;
  // Addresses with credentials are for people: requests and logs get them without.
  url.username = '';
  url.password = '';
  const base = url.href.replace(/\/+$/, '');
  if (username) {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return { base, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }
  const credentials = registryAuthToken(`${base}/`, { recursive: true });
  return { base, authorization: credentials && `${credentials.type} ${credentials.token}` };
}
