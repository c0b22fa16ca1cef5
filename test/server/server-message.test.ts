import { describe, expect, it } from 'vitest';
import { PACKET_FIELDS, type PacketType } from '../../src/protocol/packet.js';
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

describe('SM-1 a pair whose asker has given up', () => {
  it('SM-1 both sides agree on whether there is one', async () => {
    const { connect } = await startRelay();
    const [source, target] = [await connect('source'), await connect('target')];
    const abort = new AbortController();
    target.onAddP2pTarget(() => abort.abort());
    expect(await codeOf(source.with({ signal: abort.signal }).addP2pTarget('target'))).toBe('ABORTED');
    await settled(target, source);
    const told = next(source, 'MULTI_API_TARGET_DISCONNECT');
    target.disconnect();
    expect(await told).toEqual(['target', 'PEER_GONE']);
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

describe('R-3 sessions and their answers', () => {
  /** A client that writes its packets by hand. */
  async function byHand(relay: Awaited<ReturnType<typeof startRelay>>, clientId: string, secret: string) {
    const socket = relay.rawSocket({ auth: { clientId, p2p: { version: 1, secret } } });
    const packets: unknown[][] = [];
    socket.on('P2P', (_data: unknown, header: unknown[]) => packets.push(header));
    await next(socket, 'P2P');
    const send = (type: PacketType, ...fields: unknown[]) => {
      const hasPayload = (PACKET_FIELDS[type] as readonly string[]).includes('payload');
      socket.emit('P2P', hasPayload ? '[]' : null, [type, ...fields]);
    };
    /** Has been answered, so that what was sent before has been handled. */
    const done = async (id: number) => {
      send('clients', id);
      await expect.poll(() => packets.some(([type, , , n]) => type === 'reply' && n === id)).toBe(true);
    };
    const epoch = packets[0]?.[2] as number;
    return { socket, packets, send, done, epoch };
  }

  it('R-3 an answer to a session that is over does not reach the next one, though the ids are the same', async () => {
    const relay = await startRelay();
    const bob = await byHand(relay, 'bob', 'b');
    const first = await byHand(relay, 'alice', 'a');
    first.send('request', 'bob', 0, 5, 1_000, 'x', 0);
    await first.done(900);
    const second = await byHand(relay, 'alice', 'a');
    second.send('request', 'bob', 0, 5, 1_000, 'x', 0);
    await second.done(900);
    bob.send('reply', 'alice', first.epoch, 5, 0);
    await bob.done(900);
    await second.done(901);
    expect(second.packets.filter(([type, peer]) => type === 'reply' && peer === 'bob')).toEqual([]);
    bob.send('reply', 'alice', second.epoch, 5, 0);
    await bob.done(901);
    await second.done(902);
    expect(second.packets.filter(([type, peer]) => type === 'reply' && peer === 'bob')).toHaveLength(1);
  });

  it('R-3 a request for a session that is over is refused, one for the present session is not', async () => {
    const relay = await startRelay();
    const alice = await byHand(relay, 'alice', 'a');
    const before = await byHand(relay, 'bob', 'b');
    const bob = await byHand(relay, 'bob', 'b');
    alice.send('request', 'bob', before.epoch, 1, 1_000, 'x', 0);
    alice.send('request', 'bob', bob.epoch, 2, 1_000, 'x', 0);
    await alice.done(900);
    await bob.done(900);
    expect(alice.packets.filter(([type]) => type === 'reject')).toEqual([['reject', 'bob', 0, 1, 0]]);
    expect(bob.packets.filter(([type]) => type === 'request').map(([, , , id]) => id)).toEqual([2]);
  });

  it('R-3 a request that was given up, or could not be delivered, is no interest: its peer leaves unnoticed', async () => {
    const relay = await startRelay({ plugin: { plainEvents: false } });
    const alice = await byHand(relay, 'alice', 'a');
    const bob = await byHand(relay, 'bob', 'b');
    const plain = await relay.connectPlain('plain');
    alice.send('request', 'bob', 0, 1, 1_000, 'x', 0);
    alice.send('cancel', 'bob', 0, 1);
    alice.send('request', 'plain', 0, 2, 1_000, 'x', 0);
    await alice.done(900);
    expect(bob.packets.map(([type]) => type)).toContain('cancel');
    for (const socket of [bob.socket, plain]) socket.disconnect();
    await expect.poll(() => relay.server.getAllClientId()).toEqual(['alice']);
    await alice.done(901);
    expect(alice.packets.filter(([type]) => type === 'peer-gone')).toEqual([]);
  });

  it('SM-1 a pair that the target rejects is none', async () => {
    const relay = await startRelay();
    const alice = await byHand(relay, 'alice', 'a');
    const bob = await byHand(relay, 'bob', 'b');
    alice.send('pair', 'bob', 0, 1, 1_000);
    await alice.done(900);
    bob.send('reject', 'alice', alice.epoch, 1, 0);
    await bob.done(900);
    bob.socket.disconnect();
    await expect.poll(() => relay.server.getAllClientId()).toEqual(['alice']);
    await alice.done(901);
    expect(alice.packets.map(([type]) => type)).not.toContain('peer-gone');
    expect(bob.packets.map(([type]) => type)).not.toContain('paired');
  });

  it('CM-5 who watches an absent client is told when its next session ends', async () => {
    const relay = await startRelay();
    const alice = await byHand(relay, 'alice', 'a');
    alice.send('watch', 'bob');
    await alice.done(900);
    const bob = await byHand(relay, 'bob', 'b');
    bob.socket.disconnect();
    await expect
      .poll(() => alice.packets.filter(([type]) => type === 'peer-gone'))
      .toEqual([['peer-gone', 'bob', bob.epoch, 0]]);
  });
});
