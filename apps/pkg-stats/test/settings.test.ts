import { expect, it } from 'vitest';
import { readSettings } from '../src/settings.js';

it('settings have defaults, and are read from the environment', () => {
  expect(readSettings({})).toMatchObject({
    port: 8080,
    relay: 'http://localhost:8080',
    queries: [''],
    freshFor: 60_000,
  });
  const env = {
    PKG_STATS_PORT: '0',
    PKG_STATS_ORIGIN: 'https://stats.example/',
    PKG_STATS_DOWNLOADS: 'npm',
    PKG_STATS_QUERIES: 'keywords:cli, keywords:web',
    PKG_STATS_WEBHOOK: 'https://hooks.example/a/',
  };
  expect(readSettings(env)).toMatchObject({
    port: 0,
    origin: 'https://stats.example',
    downloads: 'npm',
    queries: ['keywords:cli', 'keywords:web'],
    // Its slash may be a part of it.
    webhook: 'https://hooks.example/a/',
  });
});

it.each([
  ['PKG_STATS_PORT', '99999'],
  ['PKG_STATS_PORT', 'http'],
  ['PKG_STATS_POLL_EVERY', '2147483648'],
  ['PKG_STATS_POLL_EVERY', '1.5'],
  ['PKG_STATS_REQUEST_TIMEOUT', '-1'],
  ['PKG_STATS_REGISTRY', 'registry.example'],
  ['PKG_STATS_WEBHOOK', 'ftp://user:s3cret@example'],
])('a setting that makes no sense is named: %s=%s', (name, value) => {
  const read = () => readSettings({ [name]: value });
  expect(read).toThrow(name);
  expect(read).not.toThrow('s3cret');
});
