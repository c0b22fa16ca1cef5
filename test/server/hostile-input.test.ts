import type { Socket } from 'socket.io-client';
import { describe, expect, it, vi } from 'vitest';
import { P2PError } from '../../src/protocol/p2p-error.js';
import { PACKET_FIELDS } from '../../src/protocol/packet.js';
import { codeOf, ENVELOPES, next, plainSettled, settled, startRelay } from '../support/relay.js';

/** Sends an event exactly as given: what a hostile client writes, not what Socket.IO would let it. */
function sendRaw(socket: Socket, text: string): void {
  socket.io.engine.write(text);
}

const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

async function scene() {
  const relay = await startRelay();
  const mallory = await relay.connectPlain('mallory');
  const alice = await relay.connect('alice');
  const ben = await relay.connectPlain('ben');
  const heard: unknown[] = [];
  alice.onMessage((message) => heard.push(message));
  ben.onAny((...args) => heard.push(args));
  const honest = async () => {
    await plainSettled(mallory, ben);
    await settled(alice);
    expect([alice.connected, ben.connected, mallory.connected]).toEqual([true, true, true]);
  };
  return { ...relay, mallory, alice, ben, heard, honest };
}

describe('hostile input', () => {
  it.each([65, 4_100, 100_000])(
    'R-1 JSON nested %i deep, in any field, ends neither server nor receiver',
    async (depth) => {
      const { mallory, heard, honest } = await scene();
      const value = deep(depth);
      for (const target of ['alice', 'ben']) {
        sendRaw(mallory, `2["P2P_EMIT",{"targetClientId":"${target}","event":"x","args":[${value}]}]`);
        sendRaw(mallory, `2["P2P_EMIT",{"targetClientId":"${target}","event":${value}}]`);
        sendRaw(mallory, `2["P2P_EMIT",{"targetClientId":${value},"event":"x"}]`);
        sendRaw(mallory, `2["P2P_EMIT",${value}]`);
        sendRaw(mallory, `29["P2P_EMIT_ACKNOWLEDGE",{"targetClientId":"${target}","event":"x","args":[${value}]}]`);
      }
      for (const verb of ['JOIN_ROOM', 'LEAVE_ROOM', 'EMIT_ROOM', 'MULTI_API_ADD_TARGET', 'IS_CLIENT_CONNECTED']) {
        sendRaw(mallory, `2["${verb}",{"room":${value},"targetClientId":${value}}]`);
        sendRaw(mallory, `2["${verb}",${value}]`);
      }
      sendRaw(mallory, `2["P2P",${value},${value}]`);
      sendRaw(mallory, `2["P2P",null,["message",${value}]]`);
      await honest();
      expect(heard).toEqual([]);
    },
  );

  it.each([65, 4_100, 100_000])(
    'R-1 a plugin client that sends JSON nested %i deep harms no receiver',
    async (depth) => {
      const { connect, alice, ben } = await scene();
      const mallory = await connect('mallory2');
      const payload = JSON.stringify(`[${deep(depth)}]`);
      sendRaw(mallory, `2["P2P",${payload},["message","alice","x",0]]`);
      sendRaw(mallory, `2["P2P",${payload},["message","ben","x",0]]`);
      sendRaw(mallory, `2["P2P",${payload},["request","alice",0,900,1000,"x",0]]`);
      sendRaw(mallory, `2["P2P",${payload},["request","ben",0,901,1000,"x",0]]`);
      await settled(mallory, alice);
      await plainSettled(ben);
      expect(mallory.errors.map(({ code }) => code)).toEqual(['PAYLOAD_INVALID']);
      expect(alice.errors.map(({ code }) => code)).toEqual(['PAYLOAD_INVALID', 'PAYLOAD_INVALID']);
    },
  );

  it('R-1 an answer nested too deep is an error for the one who asked', async () => {
    const { alice, ben, honest } = await scene();
    ben.on('ask', () => {});
    const asked = new Promise<number>((resolve) =>
      ben.io.engine.on('packet', ({ data }: { data?: string }) => {
        const id = /^2(\d+)\["ask"/.exec(data ?? '')?.[1];
        if (id) resolve(Number(id));
      }),
    );
    const answer = codeOf(alice.emitToWithAck('ben', 'ask'));
    sendRaw(ben, `3${await asked}[${deep(4_100)}]`);
    expect(await answer).toBe('PAYLOAD_INVALID');
    await honest();
  });

  it('R-1 an event or an answer with 200,000 arguments ends neither the process nor the client', async () => {
    const { alice, ben, mallory, honest } = await scene();
    const many = `1${',1'.repeat(200_000)}`;
    const told = next(mallory, 'SERVER_ERROR');
    sendRaw(mallory, `2["anything",${many}]`);
    expect(await told).toMatchObject([{ code: 'PACKET_INVALID' }]);
    const asked = new Promise<number>((resolve) =>
      ben.io.engine.on('packet', ({ data }: { data?: string }) => {
        const id = /^2(\d+)\["ask"/.exec(data ?? '')?.[1];
        if (id) resolve(Number(id));
      }),
    );
    const answer = codeOf(alice.with({ timeout: 200 }).emitToWithAck('ben', 'ask'));
    sendRaw(ben, `3${await asked}[${many}]`);
    expect(await answer).toBe('TIMEOUT');
    await honest();
  });

  it('R-1 an event has at most 10,000 arguments', async () => {
    const { server, mallory, honest } = await scene();
    const counts: number[] = [];
    server.getSocketByClientId('mallory')?.on('app', (...args: unknown[]) => counts.push(args.length));
    mallory.emit('app', ...Array(10_000).fill(1));
    const told = next(mallory, 'SERVER_ERROR');
    mallory.emit('app', ...Array(10_001).fill(1));
    expect(await told).toMatchObject([{ code: 'PACKET_INVALID' }]);
    expect(counts).toEqual([10_000]);
    await honest();
  });

  const values = ['null', 'true', '0', '-1', '1.5', '1e300', '""', '"x"', '[]', '{}', '"__proto__"', '"disconnect"'];

  it.each(Object.entries(PACKET_FIELDS).filter(([type]) => type !== 'hello'))(
    'R-1 each field of the packet "%s" with every type of JSON',
    async (type, fields) => {
      const { connect, server, honest, heard } = await scene();
      const mallory = await connect('mallory2');
      const good: Record<string, string> = {
        peer: '"nobody"',
        event: '"x"',
        room: '"r"',
        clientId: '"mallory2"',
        secret: '"s"',
        epoch: '0',
        id: '77',
        timeout: '1000',
        version: '1',
        maxPayload: '1',
        payload: '0',
        stream: '5',
        mode: '"bytes"',
        api: '"x"',
        topic: '"x"',
        input: '"value"',
        output: '"items"',
        count: '1',
        credit: '1000',
        probe: '0',
        frames: '0',
        lane: '0',
      };
      for (const field of fields) {
        for (const value of values) {
          const header = [`"${type}"`, ...fields.map((name) => (name === field ? value : good[name]))];
          sendRaw(mallory, `2["P2P","[]",[${header}]]`);
          sendRaw(mallory, `2["P2P",${value},[${header}]]`);
        }
      }
      for (const value of values) {
        sendRaw(mallory, `2["P2P","[]",${value}]`);
        sendRaw(mallory, `2["P2P","[]",["${type}",${value}]]`);
        sendRaw(mallory, `2["P2P","[]",[${value}]]`);
        sendRaw(mallory, `2["P2P"]`);
      }
      await settled(mallory);
      await honest();
      expect(heard).toEqual([]);
      expect(server.getAllClientId().sort()).toEqual(['alice', 'ben', 'mallory', 'mallory2']);
    },
  );

  it('R-1 a hello with wrong fields is a refusal that disconnects only its sender', async () => {
    const { connectPlain, honest } = await scene();
    for (const header of [
      '"mallory2",2,"s",0',
      '"alice",1,"s",0',
      '"other",1,"s",0',
      '"__proto__",1,"s",0',
      '5,1,"s",0',
      '"a"',
    ]) {
      const mallory = await connectPlain('mallory2');
      const gone = next(mallory, 'disconnect');
      const told = next<[unknown, unknown[]]>(mallory, 'P2P');
      sendRaw(mallory, `2["P2P",null,["hello",${header}]]`);
      expect((await told)[1][0]).toBe('end');
      expect((await gone)[0]).toBe('io server disconnect');
    }
    await honest();
  });

  it('R-1 only the router sends welcome, peer-gone, error and end', async () => {
    const { connect, alice } = await scene();
    const mallory = await connect('mallory2');
    sendRaw(mallory, '2["P2P",null,["welcome","alice",1,1,0]]');
    sendRaw(mallory, '2["P2P",null,["peer-gone","alice",1,9]]');
    sendRaw(mallory, '2["P2P","[]",["error",0]]');
    sendRaw(mallory, '2["P2P","[]",["end",0]]');
    await settled(mallory, alice);
    expect(mallory.errors.map(({ code }) => code)).toEqual(Array(4).fill('PACKET_INVALID'));
  });

  it('R-1 invented, repeated and foreign answers reach nobody', async () => {
    const { connect, server } = await scene();
    const alice = await connect('anna', {}, ENVELOPES);
    const [bob, mallory] = [await connect('bob', {}, ENVELOPES), await connect('mallory2')];
    const packets: unknown[][] = [];
    alice.on('P2P', (_data: unknown, header: unknown[]) => packets.push(header));
    const asked = new Promise<number[]>((resolve) => {
      bob.on(
        'P2P',
        (_data: unknown, header: unknown[]) => header[0] === 'request' && resolve(header.slice(2, 4) as number[]),
      );
      bob.onAny('x', () => {});
    });
    const answer = alice.emitToWithAck('bob', 'x');
    const [epochOfAlice, id] = (await asked) as [number, number];
    const answers = (epoch: number) =>
      [1, id, id + 1, 99].flatMap((n) => [
        `2["P2P","[\\"forged\\"]",["reply","anna",${epoch},${n},0]]`,
        `2["P2P","[{}]",["reject","anna",${epoch},${n},0]]`,
      ]);
    for (let epoch = 0; epoch < 8; epoch++) for (const text of answers(epoch)) sendRaw(mallory, text);
    await settled(mallory, alice);
    expect(packets.filter(([type]) => type === 'reply').every(([, peer]) => peer === '')).toBe(true);
    sendRaw(bob, `2["P2P","[\\"true\\"]",["reply","anna",${epochOfAlice},${id},0]]`);
    sendRaw(bob, `2["P2P","[\\"twice\\"]",["reply","anna",${epochOfAlice},${id},0]]`);
    expect(await answer).toBe('true');
    await settled(bob, alice);
    expect(packets.filter(([type, peer]) => type === 'reply' && peer === 'bob')).toHaveLength(1);
    expect(server.getAllClientId()).toHaveLength(6);
  });

  it('R-1 a request with an id that is open already is refused', async () => {
    const { connect, alice } = await scene();
    const mallory = await connect('mallory2', {}, ENVELOPES);
    const errors: unknown[] = [];
    mallory.on('P2P', (data: string, header: unknown[]) => header[0] === 'reject' && errors.push(JSON.parse(data)));
    for (let i = 0; i < 2; i++) sendRaw(mallory, '2["P2P","[]",["request","alice",0,500,1000,"x",0]]');
    await settled(mallory, alice);
    expect(errors).toMatchObject([[{ code: 'PACKET_INVALID' }]]);
  });
});

describe('what a hostile sender gets', () => {
  it('R-1 a literal placeholder beside binary disconnects no plain client, on any way to one', async () => {
    const { alice, ben, mallory, honest } = await scene();
    const hostile = [{ _placeholder: true, num: 99 }, Buffer.from('x')];
    alice.emitTo('ben', 'x', ...hostile);
    alice.emitTo('ben', 'x', { deep: [{ _placeholder: true, num: '__proto__' }], b: Buffer.from('x') });
    await ben.emitWithAck('JOIN_ROOM', { room: 'lobby' });
    alice.emitRoom('lobby', 'x', ...hostile);
    expect(await codeOf(alice.emitToWithAck('ben', 'x', ...hostile))).toBe('PAYLOAD_INVALID');
    alice.onAny('ask', (_from, ack) => ack(...hostile));
    alice.onAny('fail', () => {
      throw new P2PError('INTERNAL', 'x', { details: { a: hostile[0], b: hostile[1] } });
    });
    const ask = (event: string) => ben.emitWithAck('P2P_EMIT_ACKNOWLEDGE', { targetClientId: 'alice', event });
    expect(await ask('ask')).toMatchObject({ error: { code: 'PAYLOAD_INVALID' } });
    expect(await ask('fail')).toEqual({ error: { code: 'INTERNAL', message: 'x', details: {} } });
    await honest();
    expect(alice.errors.map(({ code }) => code)).toEqual([...Array(3).fill('PAYLOAD_INVALID'), 'INTERNAL']);
    // Without binary Socket.IO reads nothing into it.
    const arrived = next(mallory, 'x');
    alice.emitTo('mallory', 'x', hostile[0]);
    expect(await arrived).toEqual(['alice', hostile[0]]);
  });

  it('R-1 a payload that cannot be read is tried once, however many plain clients are in the room', async () => {
    const { connectPlain, connect } = await startRelay();
    for (let n = 0; n < 20; n++) {
      const member = await connectPlain(`plain-${n}`);
      await member.emitWithAck('JOIN_ROOM', { room: 'lobby' });
    }
    const parse = vi.spyOn(JSON, 'parse');
    const mallory = await connect('mallory');
    sendRaw(mallory, '2["P2P","[not json",["room-message","lobby","x",0]]');
    await settled(mallory);
    expect(mallory.errors.map(({ code }) => code)).toEqual(['PAYLOAD_INVALID']);
    expect(parse.mock.calls.filter(([text]) => text === '[not json')).toHaveLength(1);
  });

  it('R-1 a pair that is given up before it is made leaves nothing on the other side', async () => {
    const { connect } = await startRelay();
    const bob = await connect('bob');
    const ended: unknown[] = [];
    bob.on('MULTI_API_TARGET_DISCONNECT', (...args) => ended.push(args));
    for (let n = 0; n < 5; n++) {
      const mallory = await connect(`mallory-${n}`);
      sendRaw(mallory, '2["P2P",null,["pair","bob",0,500,1000]]');
      sendRaw(mallory, '2["P2P",null,["cancel","bob",0,500]]');
      await settled(mallory, bob);
      mallory.disconnect();
    }
    await settled(bob);
    bob.disconnect();
    expect(ended).toEqual([]);
  });

  it('R-1 what was taken out by the server does not get back in by hello', async () => {
    const { server, connectPlain } = await startRelay();
    const mallory = await connectPlain('mallory');
    server.removeClient('mallory');
    const gone = next(mallory, 'disconnect');
    sendRaw(mallory, '2["P2P",null,["hello","admin",1,"s",0]]');
    await gone;
    expect(server.getAllClientId()).toEqual([]);
  });

  it('SC-5 a socket that an earlier handler sends away is no ghost', async () => {
    const { server, rawSocket, connect } = await startRelay({
      beforePlugin: (io) => io.on('connection', (socket) => socket.handshake.query.bad && socket.disconnect()),
    });
    const bad = rawSocket({ query: { clientId: 'bad', bad: '1' } });
    await next(bad, 'disconnect');
    expect(server.getAllClientId()).toEqual([]);
    await connect('bad');
  });

  it('SC-5 an expelled socket is seen by the application to connect and to disconnect', async () => {
    const waiting: (() => void)[] = [];
    const { server, rawSocket } = await startRelay();
    server.use((_socket, proceed) => {
      waiting.push(proceed);
      if (waiting.length === 3) for (const go of waiting) go();
    });
    const seen: string[] = [];
    server.on('connection', (socket) => {
      seen.push(socket.connected ? 'alive' : 'dead');
      socket.on('disconnect', () => seen.push('gone'));
    });
    for (let n = 0; n < 3; n++) rawSocket({ query: { clientId: 'alice' }, reconnection: false });
    await expect.poll(() => seen.filter((event) => event === 'gone')).toHaveLength(2);
    expect(seen.filter((event) => event !== 'gone')).toEqual(['alive', 'alive', 'alive']);
  });

  it('SC-3 an error that is emitted after the client has left is logged, and no more', async () => {
    const { server, connectPlain, logged } = await startRelay();
    const plain = await connectPlain('plain');
    const socket = server.getSocketByClientId('plain') as NonNullable<ReturnType<typeof server.getSocketByClientId>>;
    const gone = new Promise((resolve) => socket.on('disconnect', resolve));
    plain.disconnect();
    await gone;
    server.emitError(socket, new Error('too late'));
    expect(logged).toHaveLength(1);
  });

  it('R-3 what waited for a plain client leaves no timer and no acknowledgement behind', async () => {
    const { server, connect, connectPlain } = await startRelay();
    const [alice, plain] = [await connect('alice'), await connectPlain('plain')];
    const socket = server.getSocketByClientId('plain') as unknown as { acks: Map<number, unknown> };
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const asked = next(plain, 'mute');
    const abort = new AbortController();
    const waiting = [
      codeOf(alice.with({ signal: abort.signal, timeout: 1e9 }).emitToWithAck('plain', 'mute')),
      codeOf(server.with({ signal: abort.signal, timeout: 1e9 }).emitToWithAck('plain', 'mute')),
    ];
    await asked;
    await expect.poll(() => socket.acks.size).toBe(2);
    const before = timers();
    abort.abort();
    expect(await Promise.all(waiting)).toEqual(['ABORTED', 'ABORTED']);
    await settled(alice);
    expect(socket.acks.size).toBe(0);
    expect(timers()).toBeLessThan(before);
    const lost = codeOf(alice.with({ timeout: 1e9 }).emitToWithAck('plain', 'mute'));
    await next(plain, 'mute');
    plain.disconnect();
    expect(await lost).toBe('PEER_GONE');
    expect(socket.acks.size).toBe(0);
  });
});
