import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { next, rawSocketTo } from '../support/relay.js';
import { PATIENT } from '../support/topics.js';
import { Attacker, type AttackerKind, type Written } from './support/attacker.js';
import { atSize, growth, megabytes, record } from './support/figures.js';
import {
  emptyFragments,
  frame,
  rawConnection,
  rawWebsocket,
  TEXT,
  tinyFragments,
  until,
  upgradeRequest,
} from './support/raw-websocket.js';
import { startRelayProcess } from './support/relay-process.js';
import { connectVictims } from './support/victims.js';

async function scene(socketIo = {}) {
  const relay = await startRelayProcess({ socketIo });
  const victims = await connectVictims(relay);
  const stillServes = async (threat: string, size: string) => {
    await victims.fine();
    await relay.stillServes();
    const ok = victims.heard.length === 0;
    record({ threat, size, goal: 'serves on', measured: `${victims.heard.length} delivered, serves`, ok });
    expect(victims.heard).toEqual([]);
  };
  return { relay, ...victims, stillServes };
}

const BYTES = Buffer.from('forged');

const num = (value: string) =>
  `51-["P2P_EMIT",{"targetClientId":"alice","event":"x","args":[{"_placeholder":true,"num":${value}}]}]`;

/** By the name under which the advisories have it. */
const TEXTS: Readonly<Record<string, readonly Written[]>> = {
  'placeholders of a confused type': [
    ...['-1', '1', '1e9', '"0"', '"splice"', '"__proto__"', 'null', '[]', '[0]', '{}', '{"valueOf":0}'].map(
      (value): Written => [num(value), BYTES],
    ),
    ['51-["P2P",{"_placeholder":true,"num":"push"},["message","alice","x",1]]', BYTES],
    ['51-["P2P",{"_placeholder":true},{"_placeholder":true}]', BYTES],
    ['51-[{"_placeholder":true,"num":0}]', BYTES],
    ['51-{"_placeholder":true,"num":0}', BYTES],
  ],
  'events of the emitter itself': [
    '2["error","forged"]',
    '2["error"]',
    '21["error",{"message":"forged"}]',
    '2["connect"]',
    '2["connect_error",{}]',
    '2["disconnect","io server disconnect"]',
    '2["disconnecting"]',
    '2["newListener","error",1]',
    '2["removeListener","P2P",1]',
    '2["__proto__"]',
    '2["constructor"]',
    '2[5]',
    '2[null]',
    '2[["P2P"]]',
    '2[{"toString":1}]',
  ],
  'counts of attachments': [
    '50-["P2P_EMIT",{}]',
    ['50-["P2P_EMIT",{"_placeholder":true,"num":0}]', BYTES],
    ['511-["P2P_EMIT",{"_placeholder":true,"num":10}]', ...Array(11).fill(BYTES)],
    '51000000000-["P2P_EMIT",{"_placeholder":true,"num":0}]',
    '599999999999999999999-["P2P_EMIT"]',
    '5-1-["P2P_EMIT"]',
    '51.5-["P2P_EMIT"]',
    '5x-["P2P_EMIT"]',
    '51',
    ['52-["P2P_EMIT",{"_placeholder":true,"num":0}]', BYTES],
    '2["P2P_EMIT",{}]',
    ['51-["P2P_EMIT",{"_placeholder":true,"num":0}]', BYTES, BYTES],
  ],
  'connecting twice': [
    '0',
    '0{"clientId":"alice"}',
    '0{"clientId":"alice","p2p":{"version":1,"secret":"s"}}',
    '0{"clientId":"admin"}',
    '0{"pid":"forged","offset":"forged"}',
    '1',
    '0{"clientId":"mallory"}',
    '44',
  ],
  'forged acks': [
    ...['0', '1', '2', '5', '999', '9007199254740993', '1e9', '-1', ''].map((id) => `3${id}["forged"]`),
    '31',
    '31{}',
    '31"x"',
    ['61-0[{"_placeholder":true,"num":0}]', BYTES],
    ['61-[{"_placeholder":true,"num":0}]', BYTES],
  ],
  'bogus namespaces': [
    '0/bogus,',
    '0/bogus,{"clientId":"alice"}',
    '0/__proto__,',
    '0/constructor,{"clientId":"alice"}',
    `0/${'x'.repeat(10_000)},`,
    '2/bogus,["P2P_EMIT",{"targetClientId":"alice","event":"x"}]',
    '3/bogus,1["forged"]',
    '1/bogus,',
    '1/,',
    '0/bogus?clientId=alice,',
    '4/bogus,{"message":"forged"}',
    ['51-/bogus,["P2P",{"_placeholder":true,"num":0}]', BYTES],
  ],
  'packets of the server': ['4{"message":"forged"}', '4"forged"', '0{"sid":"forged"}', '6', '7', '8'],
};

const KINDS = ['plugin', 'frames', 'plain'] as const satisfies AttackerKind[];

describe('R-1 advisory classes', () => {
  it.each(Object.entries(TEXTS).flatMap(([name, texts]) => KINDS.map((kind) => [name, kind, texts] as const)))(
    'R-1 %s, of a %s client, harm nobody else',
    async (name, kind, texts) => {
      const { relay, stillServes } = await scene();
      const mallory = await Attacker.connect(relay.url, kind);
      for (const text of texts) {
        mallory.send(text);
        // What never ends holds up what comes after it: on a connection of its own.
        await mallory.reconnect();
      }
      await mallory.settled();
      await stillServes(`${name}, ${kind}`, `${texts.length} packets`);
    },
  );

  it('R-1 attachments that never come are no reason for anything', async () => {
    const { relay, stillServes } = await scene();
    const memory = await relay.memory();
    const count = atSize(20, 200);
    const attackers = await Promise.all(
      Array.from({ length: count }, (_, n) => Attacker.connect(relay.url, 'plain', `unfinished-${n}`)),
    );
    for (const attacker of attackers) {
      attacker.send(['510-["P2P",{"_placeholder":true,"num":9}]', ...Array(9).fill(Buffer.alloc(1_000))]);
    }
    const grown = growth(memory, await relay.memory(), 'rss');
    const size = `${count} connections × 9 kB`;
    record({ threat: 'unfinished attachments', size, goal: '-', measured: `RSS ${megabytes(grown)}`, ok: true });
    await stillServes('unfinished attachments', size);
  });

  const path = '/socket.io/?EIO=4&transport=';
  const key = { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
  const post = (target: string, body: string, type = 'text/plain') =>
    `POST ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const prototypes = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString'];
  const requests = [
    ...[...prototypes, '', 'x', 'polling&transport=websocket', 'webtransport', '%00', '%E0%A4%A'].flatMap((name) => [
      get(`${path}${name}`),
      get(`${path}polling&sid=${name}`),
      get(`/socket.io/?EIO=${name}&transport=polling`),
      post(`${path}polling&sid=${name}`, '2["x"]'),
      upgradeRequest(`${path}websocket&sid=${name}`, key),
      upgradeRequest(`${path}${name}`, key),
    ]),
    ...[
      'clientId=__proto__',
      '__proto__[clientId]=x',
      'clientId[]=x',
      'clientId=x&clientId=y',
      'j=0',
      'j=__proto__',
      'b64=1',
      't=%',
    ].map((query) => get(`${path}polling&${query}`)),
    get('/socket.io'),
    get('/socket.io/?'),
    get('/socket.io/?EIO=3&transport=polling'),
    get(`${path}websocket`),
    get(`http://localhost${path}polling`),
    get(`//${path}polling`),
    get(`${path}polling&${'x'.repeat(10_000)}`),
    get(`/socket.io/../${'../'.repeat(50)}etc/passwd`),
    get('/socket.io/socket.io.js.map'),
    get('/socket.io/__proto__'),
    post('/socket.io/', ''),
    post(`${path}polling`, 'x'.repeat(10_000)),
    post(`${path}polling`, BYTES.toString(), 'application/octet-stream'),
    `OPTIONS ${path}polling HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\nConnection: close\r\n\r\n`,
    `PUT ${path}polling HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    'GET\r\n\r\n',
    '\0\0\0\0\r\n\r\n',
    `POST ${path}polling HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n`,
    `POST ${path}polling HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    upgradeRequest(`${path}websocket`, {}),
    upgradeRequest(`${path}polling`, key),
    upgradeRequest(`${path}websocket`, { 'Sec-WebSocket-Key': 'short' }),
    upgradeRequest(`${path}websocket`, { ...key, 'Sec-WebSocket-Version': '99' }),
    upgradeRequest(`${path}websocket`, { ...key, 'Sec-WebSocket-Extensions': 'permessage-deflate; x="\\' }),
    upgradeRequest(`${path}websocket`, { ...key, 'Sec-WebSocket-Extensions': `${'a,'.repeat(2_000)}a` }),
    upgradeRequest(`${path}websocket`, { ...key, 'Sec-WebSocket-Protocol': ',,,' }),
    upgradeRequest(`${path}websocket`, { ...key, Upgrade: 'h2c' }),
    upgradeRequest('/elsewhere', key),
  ];

  it('R-1 crafted requests to Engine.IO are answered or hung up on', async () => {
    const { relay, stillServes } = await scene();
    for (const request of requests) {
      const socket = await rawConnection(relay.port);
      const answered = until(socket, 'data');
      socket.write(request);
      expect(await answered).toMatch(/^(HTTP\/1\.1 [1-5]\d\d|$)/);
      socket.destroy();
    }
    await stillServes('crafted requests', `${requests.length} requests`);
  });

  it('R-1 fragments of a byte, or of none, are no reason for anything', async () => {
    const { relay, stillServes } = await scene();
    const memory = await relay.memory();
    const [connections, fragments] = atSize([4, 5_000], [20, 100_000]);
    const text = tinyFragments(
      `42["P2P_EMIT",{"targetClientId":"alice","event":"x","args":["${'x'.repeat(fragments)}"]}]`,
    );
    for (let n = 0; n < connections; n++) {
      const socket = await rawWebsocket(relay.port);
      socket.write(frame(TEXT, Buffer.from(`40{"clientId":"tiny-${n}"}`)));
      await once(socket, 'data');
      // Half a message for ever, or one that is whole but for its last byte.
      socket.write(n % 2 ? emptyFragments(fragments) : text.subarray(0, -8));
    }
    const grown = growth(memory, await relay.memory(), 'rss');
    const size = `${connections} connections × ${fragments} fragments`;
    record({ threat: 'tiny fragments', size, goal: '-', measured: `RSS ${megabytes(grown)}`, ok: true });
    await stillServes('tiny fragments', size);
  });

  const brokenFrames = [
    frame(TEXT, Buffer.from([0x34, 0x32, 0xff, 0xfe])),
    frame(TEXT, Buffer.from([0x34, 0x32, 0xed, 0xa0, 0x80])),
    frame(3, BYTES),
    frame(0, BYTES),
    frame(9, Buffer.alloc(125)),
    frame(9, Buffer.alloc(126)),
    frame(8, Buffer.from([0])),
    frame(8, Buffer.from([0xff, 0xff])),
    Buffer.from([0x81, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    Buffer.from([0xf1, 0x81, 0, 0, 0, 0, 0x34]),
    Buffer.from([0x81, 0x01, 0x34]),
    frame(2, Buffer.alloc(0)),
    frame(2, BYTES),
    frame(TEXT, Buffer.from('')),
    frame(TEXT, Buffer.from('9')),
    frame(TEXT, Buffer.from('bAAAA')),
    frame(TEXT, Buffer.from('0{"sid":"x"}')),
    frame(TEXT, Buffer.from('5')),
    frame(TEXT, Buffer.from('1')),
  ];

  it('R-1 frames that are none cost the connection they came on', async () => {
    const { relay, stillServes } = await scene();
    for (const [n, broken] of brokenFrames.entries()) {
      const socket = await rawWebsocket(relay.port);
      socket.write(frame(TEXT, Buffer.from(`40{"clientId":"broken-${n}"}`)));
      await once(socket, 'data');
      socket.write(broken);
      // By then it has been read.
      const ended = until(socket, 'close');
      socket.end(frame(TEXT, Buffer.from('41')));
      await ended;
    }
    await stillServes('broken frames', `${brokenFrames.length} frames`);
  });

  it('R-1 one who connects and says nothing more is in nobody’s way', async () => {
    const { relay, stillServes } = await scene();
    const count = atSize(20, 200);
    for (let n = 0; n < count; n++) await rawWebsocket(relay.port);
    await stillServes('silent connections', `${count} connections`);
  });

  it('R-1 a connection that was recovered by a forged id is none', async () => {
    const { relay, stillServes } = await scene({ connectionStateRecovery: {} });
    for (const pid of ['forged', '__proto__', 5, {}, null, []]) {
      const auth = { clientId: 'mallory', pid, offset: pid };
      const socket = rawSocketTo(relay.url, { auth, reconnection: false });
      await next(socket, 'connect');
      expect(socket.recovered).toBe(false);
      const gone = next(socket, 'disconnect');
      socket.disconnect();
      await gone;
      await expect.poll(() => relay.clients(), PATIENT).not.toContain('mallory');
    }
    await stillServes('forged recovery', '6 connects');
  });
});

describe('R-1 the versions that were mended', () => {
  const floors = { 'socket.io-parser': '4.2.7', 'engine.io': '6.6.10', ws: '8.21.1' };
  const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
    packages: Record<string, { readonly version: string }>;
  };

  it.each(Object.entries(floors))('R-1 %s is installed from %s on, wherever it is', (name, floor) => {
    const versions = Object.entries(packages)
      .filter(([path]) => path.endsWith(`node_modules/${name}`))
      .map(([, { version }]) => version);
    const isFrom = (version: string) => version.localeCompare(floor, 'en', { numeric: true }) >= 0;
    record({
      threat: 'mended versions',
      size: name,
      goal: `≥ ${floor}`,
      measured: versions.join(),
      ok: versions.every(isFrom),
    });
    expect(versions.length).toBeGreaterThan(0);
    expect(versions.filter((version) => !isFrom(version))).toEqual([]);
  });
});
