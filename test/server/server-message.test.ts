import { describe, expect, it } from 'vitest';
import { codeOf, next, plainSettled, settled, startRelay } from '../support/relay.js';

describe('SM-1 pairs', () => {
  it('SM-1 MULTI_API_ADD_TARGET is forwarded to the target and its answer comes back', async () => {
    const { connectPlain } = await startRelay();
    const source = await connectPlain('source');
    const target = await connectPlain('target');
    target.on('MULTI_API_ADD_TARGET', (body, ack) => {
      expect(body).toEqual({ sourceClientId: 'source' });
      ack();
    });
    expect(await source.emitWithAck('MULTI_API_ADD_TARGET', { targetClientId: 'target' })).toEqual({ args: [] });
  });

  it('SM-1 works between clients with the plugin and without, both ways', async () => {
    const { connect, connectPlain } = await startRelay();
    const alice = await connect('alice');
    const plain = await connectPlain('plain');
    const asked: unknown[] = [];
    alice.onAddP2pTarget((clientId) => asked.push(clientId));
    plain.on('MULTI_API_ADD_TARGET', (body, ack) => {
      asked.push(body);
      ack();
    });
    await plain.emitWithAck('MULTI_API_ADD_TARGET', { targetClientId: 'alice' });
    await alice.addP2pTarget('plain');
    expect(asked).toEqual(['plain', { sourceClientId: 'alice' }]);
  });
});

describe('SM-2 the end of a pair', () => {
  it.each(['source', 'target'] as const)(
    'SM-2 when the %s leaves, the other is told once, with its id',
    async (leaver) => {
      const { connect } = await startRelay();
      const source = await connect('source');
      const target = await connect('target');
      await source.addP2pTarget('target');
      await target.addP2pTarget('source');
      await source.addP2pTarget('target');
      const [gone, stays] = leaver === 'source' ? [source, target] : [target, source];
      const told: unknown[][] = [];
      stays.on('MULTI_API_TARGET_DISCONNECT', (...args: unknown[]) => told.push(args));
      const first = next(stays, 'MULTI_API_TARGET_DISCONNECT');
      gone.disconnect();
      await first;
      await settled(stays);
      expect(told).toEqual([[leaver, 'PEER_GONE']]);
    },
  );

  it('SM-2 a plain client is told too, and nobody outside the pair', async () => {
    const { connect, connectPlain } = await startRelay();
    const source = await connect('source');
    const target = await connectPlain('target');
    const bystander = await connectPlain('bystander');
    const heard: unknown[] = [];
    bystander.onAny((...args) => heard.push(args));
    target.on('MULTI_API_ADD_TARGET', (_body, ack) => ack());
    await source.addP2pTarget('target');
    const told = next(target, 'MULTI_API_TARGET_DISCONNECT');
    source.disconnect();
    expect(await told).toEqual(['source']);
    await plainSettled(bystander);
    expect(heard).toEqual([]);
  });

  it('SM-2 nothing is left behind: a new session of the client is no pair', async () => {
    const { connect } = await startRelay();
    const source = await connect('source');
    let target = await connect('target');
    await source.addP2pTarget('target');
    const told: unknown[] = [];
    source.on('MULTI_API_TARGET_DISCONNECT', (id: string) => told.push(id));
    for (let i = 0; i < 2; i++) {
      target.disconnect();
      target = await connect('target');
    }
    await settled(source);
    expect(told).toEqual(['target']);
  });
});

describe('SM-3 a target that is not registered', () => {
  it('SM-3 the source gets an error, in each way of asking', async () => {
    const { connect, connectPlain } = await startRelay();
    const alice = await connect('alice');
    expect(await codeOf(alice.addP2pTarget('nobody'))).toBe('CLIENT_NOT_FOUND');
    expect(await codeOf(alice.emitToWithAck('nobody', 'hi'))).toBe('CLIENT_NOT_FOUND');
    alice.emitTo('nobody', 'hi');
    await settled(alice);
    expect(alice.errors).toMatchObject([{ code: 'CLIENT_NOT_FOUND', details: { clientId: 'nobody', event: 'hi' } }]);

    const plain = await connectPlain('plain');
    const told = next(plain, 'SERVER_ERROR');
    plain.emit('P2P_EMIT', { targetClientId: 'nobody', event: 'hi' });
    expect(await told).toMatchObject([{ code: 'CLIENT_NOT_FOUND', details: { clientId: 'nobody', event: 'hi' } }]);
    const refused = { error: { code: 'CLIENT_NOT_FOUND' } };
    const body = { targetClientId: 'nobody', event: 'hi' };
    expect(await plain.emitWithAck('P2P_EMIT_ACKNOWLEDGE', body)).toMatchObject(refused);
    expect(await plain.emitWithAck('MULTI_API_ADD_TARGET', body)).toMatchObject(refused);
  });
});
