import { describe, expect, it } from 'vitest';
import { frame, record as rawRecord } from '../protocol/frame-twin.js';
import { codeOf, next, rawSocketTo } from '../support/relay.js';
import { PATIENT } from '../support/topics.js';
import { Attacker, binaryEnvelope, envelope, eventText, PACKET_KINDS } from './support/attacker.js';
import { record } from './support/figures.js';
import { MALFORMED_PACKETS, MALFORMED_VERBS } from './support/malformed.js';
import { randomNumbers } from './support/random.js';
import { definition, join, u32, whole } from './support/records.js';
import { type RelayProcess, startRelayProcess } from './support/relay-process.js';
import { layTrap } from './support/trap.js';
import { connectVictims } from './support/victims.js';

const TOKEN = 'canary-token-7f3a91';
const BODY = 'canary-body-c04e22';
/** In what the application throws: its own log may show that, nobody else. */
const THROWN = 'canary-thrown-5d90b1';

async function scene() {
  const relay = await startRelayProcess();
  const victims = await connectVictims(relay);
  const auth = { token: TOKEN, password: TOKEN };
  return { relay, ...victims, auth };
}

/** What the relay writes last of all is here: then all that came before is. */
async function expectNoSecrets(relay: RelayProcess, threat: string): Promise<void> {
  await relay.emitError('nobody', 'the last line');
  await expect.poll(() => relay.written, PATIENT).toContain('the last line');
  const hits = [TOKEN, BODY].filter((secret) => relay.written.includes(secret));
  const lines = relay.written.split('\n').length;
  record({
    threat,
    size: `${lines} lines written`,
    goal: 'no hits',
    measured: `${hits.length} hits`,
    ok: hits.length === 0,
  });
  expect(relay.written).not.toContain(TOKEN);
  expect(relay.written).not.toContain(BODY);
  await relay.stillServes();
}

describe('R-1 secrets in what is written', () => {
  it('R-1 refused connects write no token', async () => {
    const { relay, auth, fine } = await scene();
    const refused = [
      {},
      { clientId: '' },
      { clientId: `${TOKEN}\n` },
      { clientId: 'alice' },
      { clientId: '__proto__' },
      { clientId: 'mallory', p2p: TOKEN },
      { clientId: 'mallory', p2p: { version: 99, secret: TOKEN } },
      { clientId: 'mallory', p2p: { version: 1, secret: TOKEN.repeat(20) } },
      { clientId: 'p2p:server', p2p: { version: 1, secret: TOKEN } },
    ];
    for (const fields of refused) {
      const socket = rawSocketTo(relay.url, { auth: { ...auth, ...fields }, reconnection: false });
      await next(socket, 'connect_error');
      socket.disconnect();
    }
    await fine();
    await expectNoSecrets(relay, 'secrets in logs, refused connects');
  });

  it('R-1 handlers that fail write no bodies', async () => {
    const { relay, carol, fine } = await scene();
    const plain = await relay.connectPlain('plain', { auth: { token: TOKEN } });
    for (const secret of [BODY, { password: BODY }, Buffer.from(BODY), [BODY, Buffer.from(BODY)]]) {
      expect(await codeOf(carol.callService('clock', 'fail', secret))).toBe('HANDLER_FAILED');
      expect(await codeOf(carol.callService('clock', BODY, secret))).toBe('API_NOT_FOUND');
      const body = { service: 'clock', api: 'fail', args: [secret] };
      expect(await plain.emitWithAck('SERVICE_CALL', body)).toMatchObject({ error: { code: 'HANDLER_FAILED' } });
      carol.emitTo('clock', 'tell', secret);
      expect(await codeOf(carol.emitToWithAck('clock', 'ask', secret))).toBe('NO_LISTENER');
      expect(await codeOf(carol.addP2pStream('clock', { metadata: secret }))).toBe('NO_LISTENER');
      plain.emit('P2P_EMIT', { targetClientId: 'nobody', event: 'x', args: [secret] });
    }
    const items = async function* () {
      yield BODY;
      throw new Error(BODY);
    };
    expect(await codeOf(carol.callService('clock', 'count', items()))).not.toBe('no error');
    await fine();
    await expectNoSecrets(relay, 'secrets in logs, failing handlers');
  });

  it('R-1 malformed packets write no bodies', async () => {
    const { relay, fine } = await scene();
    const random = randomNumbers(5);
    for (const [kind, kinds] of [
      ['plugin', MALFORMED_PACKETS],
      ['plain', MALFORMED_VERBS],
    ] as const) {
      const mallory = await Attacker.connect(relay.url, kind, `mallory-secret-${kind}`);
      const secret = JSON.stringify(BODY);
      await mallory.flood(
        kinds.flatMap((malformed) => {
          const written = malformed.write(random);
          return typeof written === 'string' ? [written.replaceAll('"x"', secret).replaceAll('"[]"', secret)] : [];
        }),
      );
    }
    await fine();
    await expectNoSecrets(relay, 'secrets in logs, malformed packets');
  });

  const TEXTS = [`[${BODY}`, `${BODY}]`, `["${BODY}`, `{"${BODY}":"${BODY}"}`, `"${BODY}"`];
  const LANES = [
    ['message', 'clock', 'x', 0],
    ['request', 'clock', 0, 11, 1_000, 'x', 0],
    ['call', 'clock', 0, 12, 1_000, 'echo', 'value', 0],
    ['open', 'clock', 0, 13, 1_000, 'objects', 1_000, 0],
    ['open', 'p2p:server', 0, 14, 1_000, 'objects', 1_000, 0],
    ['message', 'ben', 'x', 0],
    ['request', 'ben', 0, 15, 1_000, 'x', 0],
    ['publish-wait', 16, 1_000, 'trap', 0],
    ['close-topic', 'trap', 0],
    ['room-message', 'lobby', 'x', 0],
  ];

  it.each(PACKET_KINDS)('R-1 payloads of a %s client that nobody can read are not written', async (kind) => {
    const { relay, ben, fine } = await scene();
    await ben.emitWithAck('JOIN_ROOM', { room: 'lobby' });
    const mallory = await Attacker.connect(relay.url, kind, 'mallory-unreadable');
    for (const lane of LANES) for (const text of TEXTS) mallory.send(mallory.packet(text, lane));
    await mallory.settled();
    await fine();
    await expectNoSecrets(relay, `secrets in logs, unreadable payloads, ${kind}`);
  });

  it('R-1 frames that nobody can read, or that are for nobody, are not written', async () => {
    const { relay, fine } = await scene();
    const random = randomNumbers(6);
    const mallory = await Attacker.connect(relay.url, 'frames', 'mallory-frames');
    const names = { peer: 'clock', event: BODY, room: BODY, api: BODY, topic: BODY, epoch: 0, payload: 0, data: BODY };
    for (const type of ['message', 'request', 'call', 'publish', 'room-message', 'error'] as const) {
      const written = whole(type, { ...names, id: 5, timeout: 1_000, input: 'value' });
      for (let n = 0; n < 20; n++) mallory.send(written.subarray(0, random(written.length)));
      mallory.send(join(u32(written.length), written.subarray(4)), [frame(9, written)]);
      await mallory.settled();
    }
    mallory.send(definition(2, 'message', { peer: 'clock', event: BODY.repeat(50) }), rawRecord(3, Buffer.from(BODY)));
    await mallory.settled();
    await fine();
    await expectNoSecrets(relay, 'secrets in logs, unreadable frames');
  });

  const unreadable = [
    envelope(`[${BODY}`, ['publish', 'trap', 0]),
    envelope(`${BODY}]`, ['publish', 'trap', 0]),
    envelope(JSON.stringify({ [BODY]: BODY }), ['publish', 'trap', 0]),
    envelope(`["${BODY}`, ['publish', 'trap', 0]),
    binaryEnvelope(Buffer.from(BODY), ['publish', 'trap', 2]),
    binaryEnvelope(Buffer.concat([Buffer.from([BODY.length, 0, 0, 0]), Buffer.from(BODY)]), ['publish', 'trap', 2]),
  ];

  it('R-1 publications that the server cannot read are not written', async () => {
    const { relay, fine } = await scene();
    const mallory = await Attacker.connect(relay.url, 'plugin');
    await layTrap(relay, mallory);
    for (const publication of unreadable) mallory.send(publication);
    await mallory.settled();
    await fine();
    await expectNoSecrets(relay, 'secrets in logs, unreadable publications');
  });

  it('R-1 events that clients misuse write no bodies', async () => {
    const { relay, fine } = await scene();
    const mallory = await Attacker.connect(relay.url, 'plain');
    for (const event of ['error', 'connect', 'disconnect', BODY, 'SERVER_ERROR']) {
      mallory.send(eventText(event, BODY, { token: TOKEN }));
      await mallory.reconnect();
    }
    mallory.send(`2["anything"${`,"${BODY}"`.repeat(10_001)}]`);
    await mallory.settled();
    await fine();
    await expectNoSecrets(relay, 'secrets in logs, misused events');
  });
});

describe('R-1 secrets in what the application throws, and operators hear', () => {
  const limits = { authenticateTimeout: 20, violationBurst: 20, violationsPerSecond: 0, maxPayloadBytes: 10_000 };

  async function leakyScene(plugin: object = {}) {
    const relay = await startRelayProcess({ leaky: true, plugin: { limits, ...plugin } });
    const auth = (clientId: string, how?: string) => ({ clientId, how, token: TOKEN, thrown: THROWN });
    /** All that a client is told, as JSON. */
    const told: string[] = [];
    const connect = (clientId: string, how?: string, p2p?: object) => {
      const options = { auth: { ...auth(clientId, how), ...(p2p && { p2p }) }, reconnection: false };
      const socket = rawSocketTo(relay.url, options);
      socket.onAny((...args) => told.push(JSON.stringify(args)));
      socket.on('connect_error', (error) => told.push(JSON.stringify([error.message, error])));
      return socket;
    };
    return { relay, connect, told };
  }

  /** Also of what operators and clients were told. */
  async function expectNoLeaks(relay: RelayProcess, told: readonly string[], threat: string): Promise<void> {
    const heard = JSON.stringify([await relay.published(), await relay.stats(), told]);
    for (const secret of [TOKEN, BODY, THROWN]) expect(heard).not.toContain(secret);
    await expectNoSecrets(relay, threat);
  }

  it('R-1 what authenticate throws is written nowhere, published nowhere, and told to nobody', async () => {
    const { relay, connect, told } = await leakyScene();
    const codes: string[] = [];
    for (const how of ['throw', 'reject', 'nonsense', 'late']) {
      const [error] = await next<[{ data: { code: string } }]>(connect('mallory', how), 'connect_error');
      codes.push(error.data.code);
    }
    expect(codes).toEqual(['AUTH_FAILED', 'AUTH_FAILED', 'AUTH_FAILED', 'AUTH_UNAVAILABLE']);
    expect(await relay.stats()).toMatchObject({ events: { 'auth.fail': 4 } });
    expect((await relay.published()).map((line) => JSON.parse(line).code)).toEqual(codes);
    await expectNoLeaks(relay, told, 'secrets in logs, authenticate throws');
  });

  it('R-1 nor when it is asked again, and a session expires', async () => {
    const { relay, connect, told } = await leakyScene({ revalidateEvery: 20 });
    const socket = connect('alice', 'once');
    await next(socket, 'disconnect');
    expect(told.join()).toContain('SESSION_EXPIRED');
    await expectNoLeaks(relay, told, 'secrets in logs, expired sessions');
  });

  it('R-1 what authorize throws is told to nobody, and published nowhere; bodies are not even known to it', async () => {
    const { relay, connect, told } = await leakyScene();
    const socket = connect('alice');
    await next(socket, 'connect');
    for (const event of ['throw', 'reject', 'deny']) {
      const body = { targetClientId: 'clock', event, args: [BODY, { body: BODY }] };
      const answer = await socket.emitWithAck('P2P_EMIT_ACKNOWLEDGE', body);
      expect(answer.error.code).toBe('FORBIDDEN');
      told.push(JSON.stringify(answer));
      socket.emit('P2P_EMIT', body);
    }
    await socket.emitWithAck('IS_CLIENT_CONNECTED', { targetClientId: 'alice' });
    expect(await relay.stats()).toMatchObject({ events: { 'authz.deny': 6 } });
    // The application threw it, for its own log.
    expect(relay.written).toContain(THROWN);
    await expectNoLeaks(relay, told, 'secrets in logs, authorize throws');
  });

  it('R-1 of those who are refused, kicked, or closed for what they sent, nothing is written or published', async () => {
    const { relay, connect, told } = await leakyScene();
    const alice = connect('alice');
    await next(alice, 'connect');
    await next(connect('alice'), 'connect_error');
    for (const p2p of [TOKEN, { version: 99, secret: TOKEN }, { version: 1, secret: TOKEN.repeat(20) }]) {
      await next(connect('mallory', undefined, p2p as object), 'connect_error');
    }
    const kicked = next(alice, 'disconnect');
    expect(await relay.kick('alice', 'spam')).toBe(true);
    await kicked;
    for (const p2p of [undefined, { version: 1, secret: TOKEN }]) {
      const mallory = connect('mallory', undefined, p2p);
      await next(mallory, 'connect');
      const gone = next(mallory, 'disconnect');
      for (let n = 0; n < 50; n++) {
        mallory.emit('P2P_EMIT', { targetClientId: BODY.repeat(20), event: BODY, args: BODY });
        mallory.emit('P2P_EMIT', { targetClientId: 'clock', event: 'x', args: [BODY.repeat(1_000)] });
        mallory.emit('P2P', JSON.stringify([BODY]), [BODY, TOKEN]);
        mallory.emit('P2P', JSON.stringify([BODY.repeat(1_000)]), ['message', 'clock', 'x', 0]);
      }
      await gone;
    }
    expect(told.join()).toContain('POLICY_VIOLATION');
    expect(new Set((await relay.published()).map((line) => JSON.parse(line).type))).toContain('packet.invalid');
    await expectNoLeaks(relay, told, 'secrets in logs, clients sent away');
  });
});
