import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { PACKET_FIELDS } from '../../src/protocol/packet.js';
import { codeOf, next, plainSettled, settled, startRelay, type TestClient } from '../support/relay.js';

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

  const values = ['null', 'true', '0', '-1', '1.5', '1e300', '""', '"x"', '[]', '{}', '"__proto__"', '"disconnect"'];

  it.each(Object.entries(PACKET_FIELDS))(
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
      };
      for (const field of fields) {
        for (const value of values) {
          if (type === 'hello') continue;
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
    for (const header of ['"mallory2",2,"s"', '"alice",1,"s"', '"other",1,"s"']) {
      const mallory = await connectPlain('mallory2');
      const gone = next(mallory, 'disconnect');
      sendRaw(mallory, `2["P2P",null,["hello",${header}]]`);
      expect((await gone)[0]).toBe('io server disconnect');
    }
    await honest();
  });

  it('R-1 only the router sends welcome, peer-gone, error and end', async () => {
    const { connect, alice } = await scene();
    const mallory = await connect('mallory2');
    sendRaw(mallory, '2["P2P",null,["welcome","alice",1,1]]');
    sendRaw(mallory, '2["P2P",null,["peer-gone","alice",1,9]]');
    sendRaw(mallory, '2["P2P","[]",["error",0]]');
    sendRaw(mallory, '2["P2P","[]",["end",0]]');
    await settled(mallory, alice);
    expect(mallory.errors.map(({ code }) => code)).toEqual(Array(4).fill('PACKET_INVALID'));
  });

  it('R-1 invented, repeated and foreign answers reach nobody', async () => {
    const { connect, alice, server } = await scene();
    const [bob, mallory] = [await connect('bob'), await connect('mallory2')];
    const packets: unknown[][] = [];
    alice.on('P2P', (_data: unknown, header: unknown[]) => packets.push(header));
    const asked = new Promise<number>((resolve) => {
      bob.on('P2P', (_data: unknown, header: unknown[]) => header[0] === 'request' && resolve(header[3] as number));
      bob.onAny('x', () => {});
    });
    const answer = alice.emitToWithAck('bob', 'x');
    const id = await asked;
    const answers = (epoch: number) =>
      [1, id, id + 1, 99].flatMap((n) => [
        `2["P2P","[\\"forged\\"]",["reply","alice",${epoch},${n},0]]`,
        `2["P2P","[{}]",["reject","alice",${epoch},${n},0]]`,
      ]);
    for (let epoch = 0; epoch < 8; epoch++) for (const text of answers(epoch)) sendRaw(mallory, text);
    await settled(mallory, alice);
    expect(packets.filter(([type]) => type === 'reply').every(([, peer]) => peer === '')).toBe(true);
    const epochOfAlice = 2;
    sendRaw(bob, `2["P2P","[\\"true\\"]",["reply","alice",${epochOfAlice},${id},0]]`);
    sendRaw(bob, `2["P2P","[\\"twice\\"]",["reply","alice",${epochOfAlice},${id},0]]`);
    expect(await answer).toBe('true');
    await settled(bob, alice);
    expect(packets.filter(([type, peer]) => type === 'reply' && peer === 'bob')).toHaveLength(1);
    expect(server.getAllClientId()).toHaveLength(5);
  });

  it('R-1 a request with an id that is open already is refused', async () => {
    const { connect, alice } = await scene();
    const mallory = await connect('mallory2');
    const errors: unknown[] = [];
    mallory.on('P2P', (data: string, header: unknown[]) => header[0] === 'reject' && errors.push(JSON.parse(data)));
    for (let i = 0; i < 2; i++) sendRaw(mallory, '2["P2P","[]",["request","alice",0,500,1000,"x",0]]');
    await settled(mallory, alice);
    expect(errors).toMatchObject([[{ code: 'PACKET_INVALID' }]]);
  });
});

describe('what a hostile sender gets', () => {
  it('R-1 a session end with every kind of interest leaves nothing on the other side', async () => {
    const { connect } = await startRelay();
    const alice: TestClient = await connect('alice');
    for (let i = 0; i < 20; i++) {
      const bob = await connect('bob');
      bob.onAny('mute', () => {});
      bob.from('alice').on('x', () => {});
      bob.from('absent').on('x', () => {});
      alice.from('bob').on('x', () => {});
      const lost = codeOf(alice.emitToWithAck('bob', 'mute'));
      await bob.addP2pTarget('alice');
      await settled(alice);
      bob.disconnect();
      expect(await lost).toBe('PEER_GONE');
    }
  });
});
