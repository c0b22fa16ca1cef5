import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { npmSettings } from '../../src/worker/npm-settings.js';
import { testFolder } from '../support/start-test-worker.js';

describe('the registry', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is the one of the settings, before all', () => {
    vi.stubEnv('npm_config_registry', 'http://npm.example/');
    expect(npmSettings({ registry: 'http://set.example' }).base).toBe('http://set.example');
  });

  it('may have credentials in its address, which are sent and not shown', () => {
    expect(npmSettings({ registry: 'http://ann:s%40fe@set.example/npm' })).toEqual({
      base: 'http://set.example/npm',
      authorization: `Basic ${Buffer.from('ann:s@fe').toString('base64')}`,
    });
  });

  it('is what npm has in its environment', () => {
    vi.stubEnv('npm_config_registry', 'http://npm.example/path/');
    expect(npmSettings({ registry: undefined })).toEqual({ base: 'http://npm.example/path', authorization: undefined });
  });

  it('is what npm has in .npmrc, with the token for it and for no other', async () => {
    const file = join(await testFolder(), '.npmrc');
    await writeFile(file, 'registry=http://rc.example/npm/\n//rc.example/npm/:_authToken=secret\n');
    vi.stubEnv('npm_config_registry', undefined);
    vi.stubEnv('NPM_CONFIG_REGISTRY', undefined);
    vi.stubEnv('npm_config_userconfig', file);
    expect(npmSettings({ registry: undefined })).toEqual({
      base: 'http://rc.example/npm',
      authorization: 'Bearer secret',
    });
    expect(npmSettings({ registry: 'http://rc.example' }).authorization).toBeUndefined();
    expect(npmSettings({ registry: 'http://other.example/npm' }).authorization).toBeUndefined();
  });
});
