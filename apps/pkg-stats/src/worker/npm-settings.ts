import registryAuthToken from 'registry-auth-token';
import registryUrl from 'registry-auth-token/registry-url.js';
import type { Settings } from '../settings.js';
import { type SourceAddress, sourceAddress } from './source-address.js';

/**
 * Where the registry is: as npm has it on this machine, by environment variables and every `.npmrc` that it reads,
 * unless the settings name one.
 */
export function npmSettings({ registry }: Pick<Settings, 'registry'>): SourceAddress {
  const { base, authorization } = sourceAddress(registry ?? registryUrl());
  if (authorization !== undefined) return { base, authorization };
  const credentials = registryAuthToken(`${base}/`, { recursive: true });
  return { base, authorization: credentials && `${credentials.type} ${credentials.token}` };
}
