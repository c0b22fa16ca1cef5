import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { joinPlainText, plainTextPrefix, readPlainText } from '../../src/protocol/plain-text.js';
import { next, plainSettled, type RelaySetup, settled, startRelay } from '../support/relay.js';

/** Alice sends, ben hears everything. */
async function scene(setup: RelaySetup = {}, options = {}) {
  const relay = await startRelay(setup);
  const ben = await relay.connectPlain('ben', options);
  const heard: unknown[][] = [];
  ben.onAny((...args) => heard.push(args));
  const alice = await relay.connectPlain('alice', options);
  const arrived = () => plainSettled(alice, ben, ben);
  return { relay, alice, ben, heard, arrived };
}

/** Writes a packet of Socket.IO by hand. */
function write({ io }: Socket, text: string): void {
  io.engine.write(text);
}

const emit = (...bodies: string[]) => bodies.map((body) => `2["P2P_EMIT",${body}]`);

describe('messages from a plain client to a plain client', () => {
  it.each([
    [
      'as clients in JavaScript write it',
      '{"targetClientId":"ben","event":"x","args":[1,{"a":["b"]}]}',
      [1, { a: ['b'] }],
    ],
    ['without arguments', '{"targetClientId":"ben","event":"x","args":[]}', []],
    ['with white space in place of arguments', '{"targetClientId":"ben","event":"x","args":[ ]}', []],
    ['with white space around them', '{"targetClientId":"ben","event":"x","args": [ 1 ] }', [1]],
    ['without args', '{"targetClientId":"ben","event":"x"}', []],
    ['in another order', '{"event":"x","args":[2],"targetClientId":"ben"}', [2]],
    ['with escapes in names', '{"targetClientId":"b\\u0065n","event":"\\u0078","args":[3]}', [3]],
    ['with more fields', '{"targetClientId":"ben","event":"x","args":[4],"other":[5]}', [4]],
    ['with a field twice', '{"targetClientId":"ben","event":"x","args":[5],"args":[6]}', [6]],
    [
      'with brackets in strings',
      '{"targetClientId":"ben","event":"x","args":["}]","]}","\\"}]"]}',
      ['}]', ']}', '"}]'],
    ],
    ['with what JSON cannot hold', '{"targetClientId":"ben","event":"x","args":[1e999,-0]}', [null, 0]],
    [
      'with a literal placeholder',
      '{"targetClientId":"ben","event":"x","args":[{"_placeholder":true,"num":0}]}',
      [{ _placeholder: true, num: 0 }],
    ],
    ['beyond ASCII', '{"targetClientId":"ben","event":"x","args":["ä€😀"]}', ['ä€😀']],
  ])('SC-4 arrive %s', async (_how, body, args) => {
    const { alice, heard, arrived } = await scene();
    for (const text of emit(body)) write(alice, text);
    await arrived();
    expect(heard.map((each) => JSON.parse(JSON.stringify(each)))).toEqual([['x', 'alice', ...args]]);
  });

  it.each([
    ['another namespace', {}, '/chat'],
    ['a server that recovers connections', { socketIo: { connectionStateRecovery: {} } }, '/'],
    ['long polling', {}, '/'],
    ['compression', { socketIo: { perMessageDeflate: { threshold: 0 } } }, '/'],
  ] as [string, RelaySetup, string][])(
    'SC-4 arrive in their order, many in a turn: over %s',
    async (name, setup, path) => {
      const options = name === 'long polling' ? { transports: ['polling'] } : {};
      const relay = await startRelay(path === '/' ? setup : {});
      const { p2pServerPlugin } = await import('../../src/server/p2p-server-plugin.js');
      if (path !== '/') p2pServerPlugin(relay.server.of(path), { authenticate: false });
      const connect = async (clientId: string) => {
        const base = relay.rawSocket({ ...options, auth: { clientId }, autoConnect: false });
        const socket = path === '/' ? base : base.io.socket(path, { auth: { clientId } });
        socket.connect();
        await next(socket, 'connect');
        return socket;
      };
      const [alice, ben] = [await connect('alice'), await connect('ben')];
      const heard: unknown[] = [];
      ben.on('x', (_from, n) => heard.push(n));
      ben.on('y', (_from, n) => heard.push(n));
      for (let n = 0; n < 300; n++) {
        // Every tenth takes the other way.
        if (n % 10 === 9) alice.emit('P2P_EMIT', { event: 'y', args: [n], targetClientId: 'ben' });
        else alice.emit('P2P_EMIT', { targetClientId: 'ben', event: n % 2 ? 'x' : 'y', args: [n] });
      }
      await plainSettled(alice, ben, ben);
      expect(heard).toEqual(Array.from({ length: 300 }, (_, n) => n));
    },
  );

  it('SC-4 keep their place among what the server itself emits, and what else the client asks for', async () => {
    const { relay, alice, heard, arrived } = await scene();
    const socket = relay.server.getSocketByClientId('ben')!;
    relay.server.getSocketByClientId('alice')!.on('app', (n: number) => socket.emit('app', n));
    for (let n = 0; n < 20; n++) {
      alice.emit('P2P_EMIT', { targetClientId: 'ben', event: 'x', args: [n] });
      if (n % 3 === 0) alice.emit('app', n);
    }
    await arrived();
    const expected = Array.from({ length: 20 }, (_, n) =>
      n % 3 === 0
        ? [
            ['x', 'alice', n],
            ['app', n],
          ]
        : [['x', 'alice', n]],
    );
    expect(heard).toEqual(expected.flat());
  });

  it('SC-4 are seen by the middleware, the listeners and the catch-all listeners of the application', async () => {
    const { relay, alice, heard, arrived } = await scene();
    const socket = relay.server.getSocketByClientId('alice')!;
    const seen: string[] = [];
    const send = async (name: string) => {
      alice.emit('P2P_EMIT', { targetClientId: 'ben', event: 'x', args: [name] });
      await arrived();
    };
    await send('nobody');
    const listener = () => seen.push('listener');
    socket.on('P2P_EMIT', listener);
    await send('listener');
    socket.off('P2P_EMIT', listener);
    const any = (event: string) => event === 'P2P_EMIT' && seen.push('any');
    socket.onAny(any);
    await send('any');
    socket.offAny(any);
    await send('nobody again');
    socket.use(([event], go) => {
      if (event === 'P2P_EMIT') seen.push('middleware');
      go();
    });
    await send('middleware');
    expect(seen).toEqual(['listener', 'any', 'middleware']);
    expect(heard.map(([, , name]) => name)).toEqual(['nobody', 'listener', 'any', 'nobody again', 'middleware']);
  });

  it('R-1 are held to the rates, to plainEvents, and to what is permitted', async () => {
    const { relay, alice, heard, arrived } = await scene({
      plugin: {
        plainEvents: ['x', 'forbidden'],
        authorize: ({ event }) => ({ allowed: event !== 'forbidden', cacheFor: 60_000 }),
        limits: { maxPayloadBytes: 1_000 },
      },
    });
    const errors: unknown[] = [];
    alice.on('SERVER_ERROR', ({ code }) => errors.push(code));
    const send = (event: string, ...args: unknown[]) => alice.emit('P2P_EMIT', { targetClientId: 'ben', event, args });
    for (let n = 0; n < 3; n++) send('x', n);
    send('y');
    send('forbidden');
    send('x', 'x'.repeat(1_000));
    alice.emit('P2P_EMIT', { targetClientId: 'nobody', event: 'x', args: [] });
    await arrived();
    expect(heard.map(([, , n]) => n)).toEqual([0, 1, 2]);
    expect(errors.sort()).toEqual(['CLIENT_NOT_FOUND', 'EVENT_NOT_ALLOWED', 'FORBIDDEN', 'PAYLOAD_TOO_LARGE']);
    expect(relay.logged).toEqual([]);
  });

  it('R-1 are refused for a rate, and told so', async () => {
    const { alice, heard, arrived } = await scene({ plugin: { limits: { packetBurst: 20, packetsPerSecond: 0 } } });
    const errors: unknown[] = [];
    alice.on('SERVER_ERROR', ({ code }) => errors.push(code));
    for (let n = 0; n < 30; n++) alice.emit('P2P_EMIT', { targetClientId: 'ben', event: 'x', args: [n] });
    const refused = next(alice, 'SERVER_ERROR');
    await refused;
    await arrived().catch(() => {});
    expect(heard).toHaveLength(20);
    expect(new Set(errors)).toEqual(new Set(['RATE_LIMITED']));
  });

  it('SC-4 reach a plugin client as they reach a plain one', async () => {
    const { relay, alice, arrived } = await scene();
    const carol = await relay.connect('carol');
    const heard: unknown[][] = [];
    carol.onAny('x', (...args) => heard.push(args));
    alice.emit('P2P_EMIT', { targetClientId: 'carol', event: 'x', args: ['ä', { n: 1 }] });
    await arrived();
    await settled(carol);
    expect(heard).toEqual([['alice', 'ä', { n: 1 }]]);
  });
});

describe('the text of a message', () => {
  const prefix = plainTextPrefix('/');

  it.each([
    ['is cut off', `${prefix}ben","event":"x","args":[1]}`],
    ['goes on behind', `${prefix}ben","event":"x","args":[1]}]]`],
    ['has two arrays', `${prefix}ben","event":"x","args":[1],[2]}]`],
    ['has another field behind', `${prefix}ben","event":"x","args":[1],"x":[2]}]`],
    ['has no array', `${prefix}ben","event":"x","args":{}}]`],
    ['is no JSON', `${prefix}ben","event":"x","args":[1,]}]`],
    ['is nested too deep', `${prefix}ben","event":"x","args":${'['.repeat(70)}${']'.repeat(70)}}]`],
    ['has a reserved event', `${prefix}ben","event":"disconnect","args":[]}]`],
    ['has the name of a prototype', `${prefix}__proto__","event":"x","args":[]}]`],
    ['has no name', `${prefix}","event":"x","args":[]}]`],
    ['has an escape in a name', `${prefix}b\\u0065n","event":"x","args":[]}]`],
    ['has too many arguments', `${prefix}ben","event":"x","args":[${Array(256).fill(1)}]}]`],
  ])('is left to others where it %s', (_what, text) => {
    expect(readPlainText(text, prefix)).toBeUndefined();
  });

  it('is read and written again without a change to its arguments', () => {
    const json = '[1.0,  "\\u00e4",{"b":1,"a":2}]';
    const read = readPlainText(`${prefix}ben","event":"x","args":${json}}]`, prefix);
    expect(read).toMatchObject({ targetClientId: 'ben', event: 'x', json });
    expect(joinPlainText('2["x","alice"', json, '')).toBe('2["x","alice",1.0,  "\\u00e4",{"b":1,"a":2}]');
    expect(joinPlainText('2["x","alice"', '[ ]', ',null')).toBe('2["x","alice",null]');
  });
});
