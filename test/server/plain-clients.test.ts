import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { codeOf, next, plainSettled, settled, startRelay } from '../support/relay.js';

/** Everything that arrives at a plain client. */
function record(socket: Socket): unknown[][] {
  const heard: unknown[][] = [];
  socket.onAny((...args: unknown[]) => heard.push(args.filter((arg) => typeof arg !== 'function')));
  return heard;
}

describe('the wire for plain clients', () => {
  it('SC-4 P2P_EMIT reaches a plain client as event(senderId, ...args), binary included', async () => {
    const { connectPlain } = await startRelay();
    const [anna, ben] = [await connectPlain('anna'), await connectPlain('ben')];
    const heard = record(ben);
    const args = ['text', { n: [1] }, Buffer.from('b')];
    anna.emit('P2P_EMIT', { targetClientId: 'ben', event: 'hi', args });
    anna.emit('P2P_EMIT', { targetClientId: 'ben', event: 'bare' });
    await plainSettled(anna, ben);
    expect(heard).toEqual([
      ['hi', 'anna', ...args],
      ['bare', 'anna'],
    ]);
  });

  it('SC-4 P2P_EMIT reaches a plugin client as a message, and the other way round', async () => {
    const { connect, connectPlain } = await startRelay();
    const [alice, ben] = [await connect('alice'), await connectPlain('ben')];
    const heard = record(ben);
    const args = ['text', { n: [1], b: Buffer.from('b') }, Buffer.from('c')];
    const atAlice = new Promise((resolve) => alice.onAny('hi', (...received) => resolve(received)));
    ben.emit('P2P_EMIT', { targetClientId: 'alice', event: 'hi', args });
    expect(await atAlice).toEqual(['ben', ...args]);
    alice.emitTo('ben', 'hi', ...args);
    await settled(alice);
    await plainSettled(ben);
    expect(heard).toEqual([['hi', 'alice', ...args]]);
  });

  it('SC-4 P2P_EMIT_ACKNOWLEDGE is answered with {args}, between all kinds of clients', async () => {
    const { connect, connectPlain } = await startRelay();
    const clients = [await connectPlain('anna'), await connectPlain('ben')] as const;
    const alice = await connect('alice');
    for (const client of clients) client.on('sum', (_from, a, b, ack) => ack(a + b, Buffer.from('s')));
    alice.onAny('sum', (_from, a, b, ack) => ack(a + b, Buffer.from('s')));
    for (const targetClientId of ['alice', 'ben', 'anna']) {
      const body = { targetClientId, event: 'sum', args: [1, 2] };
      expect(await clients[0].emitWithAck('P2P_EMIT_ACKNOWLEDGE', body)).toEqual({ args: [3, Buffer.from('s')] });
    }
    expect(await alice.emitToWithAck('ben', 'sum', 3, 4)).toBe(7);
  });

  it('R-3 a plain client that never acknowledges, or leaves, ends the wait of the source', async () => {
    const { connect, connectPlain } = await startRelay();
    const [alice, ben] = [await connect('alice'), await connectPlain('ben')];
    expect(await codeOf(alice.with({ timeout: 30 }).emitToWithAck('ben', 'mute'))).toBe('TIMEOUT');
    const anna = await connectPlain('anna');
    const asked = next(ben, 'mute');
    const lost = codeOf(alice.emitToWithAck('ben', 'mute'));
    const alsoLost = anna.emitWithAck('P2P_EMIT_ACKNOWLEDGE', { targetClientId: 'ben', event: 'mute' });
    await asked;
    await plainSettled(anna);
    ben.disconnect();
    expect(await lost).toBe('PEER_GONE');
    expect(await alsoLost).toMatchObject({ error: { code: 'PEER_GONE' } });
  });

  it('SC-4 rooms, the client list and the question who is there', async () => {
    const { connectPlain } = await startRelay();
    const [anna, ben] = [await connectPlain('anna'), await connectPlain('ben')];
    const heard = record(ben);
    expect(await ben.emitWithAck('JOIN_ROOM', { room: 'lobby' })).toEqual({ args: [] });
    anna.emit('EMIT_ROOM', { room: 'lobby', event: 'hi', args: [1] });
    await plainSettled(anna);
    expect(await ben.emitWithAck('LEAVE_ROOM', { room: 'lobby' })).toEqual({ args: [] });
    anna.emit('EMIT_ROOM', { room: 'lobby', event: 'hi', args: [2] });
    await plainSettled(anna, ben);
    expect(heard).toEqual([['hi', 'anna', 1]]);
    expect(await anna.emitWithAck('GET_CLIENT_LIST')).toEqual({ args: [['anna', 'ben']] });
    const connected = (targetClientId: string) => anna.emitWithAck('IS_CLIENT_CONNECTED', { targetClientId });
    expect([await connected('ben'), await connected('carl')]).toEqual([{ args: [true] }, { args: [false] }]);
  });

  it('SC-4 a missing ack is an error where one is needed, and no matter where it is not', async () => {
    const { connectPlain } = await startRelay();
    const [anna, ben] = [await connectPlain('anna'), await connectPlain('ben')];
    const heard = record(ben);
    const told = next(anna, 'SERVER_ERROR');
    anna.emit('P2P_EMIT_ACKNOWLEDGE', { targetClientId: 'ben', event: 'hi' });
    expect(await told).toMatchObject([{ code: 'INVALID_ARGUMENT', message: expect.any(String), details: {} }]);
    anna.emit('JOIN_ROOM', { room: 'lobby' });
    anna.emit('MULTI_API_ADD_TARGET', { targetClientId: 'nobody' });
    expect(await next(anna, 'SERVER_ERROR')).toMatchObject([{ code: 'CLIENT_NOT_FOUND' }]);
    await plainSettled(ben);
    expect(heard).toEqual([]);
  });

  it('SC-4 the sender is who the server knows, whatever the packet says', async () => {
    const { connect, connectPlain } = await startRelay();
    const [alice, mallory] = [await connect('alice'), await connectPlain('mallory')];
    const ben = await connectPlain('ben');
    const senders: unknown[] = [];
    alice.onAny('hi', (from) => senders.push(from));
    ben.on('hi', (from) => senders.push(from));
    for (const targetClientId of ['alice', 'ben']) {
      mallory.emit('P2P_EMIT', {
        targetClientId,
        sourceClientId: 'ben',
        from: 'ben',
        peer: 'ben',
        event: 'hi',
        args: [],
      });
    }
    await plainSettled(mallory, ben);
    await settled(alice);
    expect(senders).toEqual(['mallory', 'mallory']);
  });

  it('R-2 an answer of a plain listener with more than 255 arguments is none', async () => {
    const { connect, connectPlain } = await startRelay();
    const [alice, ben] = [await connect('alice'), await connectPlain('ben')];
    ben.on('wide', (_from, count, ack) => ack(...Array(count).fill(1)));
    expect(await alice.emitToWithAck('ben', 'wide', 255)).toBe(1);
    expect(await codeOf(alice.emitToWithAck('ben', 'wide', 256))).toBe('PAYLOAD_INVALID');
  });

  it('SC-5 plainEvents: an allowlist decides what a plain client may be sent by others', async () => {
    const { server, connect, connectPlain } = await startRelay({ plugin: { plainEvents: ['chat'] } });
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    const ben = await connectPlain('ben');
    const heard = record(ben);
    bob.onAny('order', (_from, ack) => ack?.('by a plugin client'));
    await bob.joinRoom('lobby');
    await ben.emitWithAck('JOIN_ROOM', { room: 'lobby' });
    alice.emitTo('ben', 'chat', 1);
    alice.emitTo('ben', 'order', 2);
    alice.emitRoom('lobby', 'order', 3);
    alice.emitRoom('lobby', 'chat', 4);
    expect(await codeOf(alice.emitToWithAck('ben', 'order'))).toBe('EVENT_NOT_ALLOWED');
    expect(await alice.emitToWithAck('bob', 'order')).toBe('by a plugin client');
    server.emitTo('ben', 'order', 5);
    await plainSettled(ben);
    expect(heard).toEqual([
      ['chat', 'alice', 1],
      ['chat', 'alice', 4],
      ['order', 5],
    ]);
    expect(alice.errors).toMatchObject([{ code: 'EVENT_NOT_ALLOWED', details: { event: 'order' } }]);
  });

  it('SC-5 plainEvents: false sends them nothing from others', async () => {
    const { connect, connectPlain } = await startRelay({ plugin: { plainEvents: false } });
    const [alice, ben] = [await connect('alice'), await connectPlain('ben')];
    const heard = record(ben);
    alice.emitTo('ben', 'chat');
    await settled(alice);
    await plainSettled(ben);
    expect(heard).toEqual([]);
    expect(alice.errors).toMatchObject([{ code: 'EVENT_NOT_ALLOWED' }]);
  });

  it('SC-4 the events of plain clients are refused to plugin clients, who have methods', async () => {
    const { connect } = await startRelay();
    const alice = await connect('alice');
    expect(await alice.emitWithAck('GET_CLIENT_LIST')).toMatchObject({ error: { code: 'UNSUPPORTED' } });
  });
});
