import { createAdapter } from '@socket.io/cluster-adapter';
import { Server } from 'socket.io';
import { describe, expect, it, onTestFinished } from 'vitest';
import { p2pServerPlugin } from '../../src/server/p2p-server-plugin.js';
import type { P2PServerOptions } from '../../src/server/server-options.js';
import { thrownBy } from '../support/relay.js';

const apply = (cluster: unknown, io = new Server()) =>
  thrownBy(() => p2pServerPlugin(io, { authenticate: false, cluster } as P2PServerOptions));

const redis = { duplicate: () => redis, publish: async () => 1, on: () => redis, connect: async () => redis };

describe('the option cluster', () => {
  it.each([
    ['yes'],
    [3],
    [null],
    [{ redis: {} }],
    [{ redis: 'redis://localhost' }],
    [{ prefix: '' }],
    [{ reddis: redis }],
  ])('R-2 is not %j', (cluster) => {
    expect(apply(cluster)).toBe('INVALID_ARGUMENT');
  });

  it('R-2 needs an adapter for several servers', () => {
    expect(apply(true)).toBe('UNSUPPORTED');
    expect(apply({ redis })).toBe('UNSUPPORTED');
    const recovering = new Server({ connectionStateRecovery: {} });
    expect(apply(true, recovering)).toBe('UNSUPPORTED');
    expect(apply(false)).toBe('no error');
    expect(apply(undefined)).toBe('no error');
  });

  it('takes an adapter that is made for that', () => {
    const joined = new Server({ adapter: createAdapter() });
    onTestFinished(() => void joined.of('/').adapter.close());
    expect(apply(true, joined)).toBe('no error');
    expect(apply(true, joined)).toBe('no error');
    expect(apply({ prefix: 'other' }, joined)).toBe('INVALID_ARGUMENT');
  });
});
