import { describe, expect, it } from 'vitest';
import {
  ADD_TARGET,
  ENVELOPE_EVENT,
  PLAIN_VERBS,
  SERVER_ERROR,
  SERVICE_VERBS,
  STREAM_EVENTS,
  TARGET_DISCONNECT,
  TOPIC_EVENTS,
} from '../../src/protocol/event-names.js';
import { Attacker, envelope, eventText } from './support/attacker.js';
import { record } from './support/figures.js';
import { startRelayProcess } from './support/relay-process.js';
import { connectVictims, enterLobby } from './support/victims.js';

const SOCKET_IO = ['connect', 'connection', 'connect_error', 'disconnect', 'disconnecting', 'error'];
const EMITTER = ['newListener', 'removeListener'];
const OURS = [PLAIN_VERBS, SERVICE_VERBS, STREAM_EVENTS, TOPIC_EVENTS].flatMap((names) => Object.values(names));
const NAMES = [
  ...new Set([...SOCKET_IO, ...EMITTER, ...OURS, ADD_TARGET, ENVELOPE_EVENT, SERVER_ERROR, TARGET_DISCONNECT]),
];

const PLUGIN_LANES: Record<string, (target: string, event: string, id: number) => string> = {
  message: (target, event) => envelope('["forged"]', ['message', target, event, 0]),
  request: (target, event, id) => envelope('["forged"]', ['request', target, 0, id, 1_000, event, 0]),
  'room-message': (_target, event) => envelope('["forged"]', ['room-message', 'lobby', event, 0]),
};

const PLAIN_LANES: Record<string, (target: string, event: string, id: number) => string> = {
  P2P_EMIT: (targetClientId, event) => eventText('P2P_EMIT', { targetClientId, event, args: ['forged'] }),
  P2P_EMIT_ACKNOWLEDGE: (targetClientId, event, id) =>
    eventText('P2P_EMIT_ACKNOWLEDGE', { targetClientId, event, args: ['forged'] }).replace('2', `2${id}`),
  EMIT_ROOM: (_target, event) => eventText('EMIT_ROOM', { room: 'lobby', event, args: ['forged'] }),
};

async function scene(kind: 'plugin' | 'plain') {
  const relay = await startRelayProcess();
  const victims = await connectVictims(relay);
  await enterLobby(victims);
  const mallory = await Attacker.connect(relay.url, kind);
  const acknowledged: unknown[] = [];
  mallory.socket.io.engine.on('packet', ({ data }: { data?: string }) => {
    const [, answer] = /^32\d{5}(.*)/.exec(data ?? '') ?? [];
    if (answer) acknowledged.push(JSON.parse(answer)[0].error?.code);
  });
  return { relay, ...victims, mallory, acknowledged };
}

const LANES = [
  ...Object.entries(PLUGIN_LANES).map(([lane, write]) => ['plugin', lane, write] as const),
  ...Object.entries(PLAIN_LANES).map(([lane, write]) => ['plain', lane, write] as const),
];

describe('R-1 reserved events', () => {
  it.each(LANES)('R-1 from a %s client by %s, no name of Socket.IO or of ours arrives', async (kind, lane, write) => {
    const { relay, mallory, acknowledged, heard, fine } = await scene(kind);
    let id = 200_000;
    const targets = ['alice', 'ben', 'clock'];
    for (const target of targets) for (const name of NAMES) mallory.send(write(target, name, id++));
    await mallory.settled();
    await fine();
    const refused = (mallory.codes.get('EVENT_RESERVED') ?? 0) + acknowledged.length;
    const size = targets.length * NAMES.length;
    record({
      threat: `reserved events, ${lane}`,
      size: `${NAMES.length} names, ${targets.length} receivers`,
      goal: 'none arrives',
      measured: `${heard.length} arrived, ${refused} refused`,
      ok: heard.length === 0,
    });
    expect(heard).toEqual([]);
    expect([...mallory.codes.keys(), ...acknowledged].every((code) => code === 'EVENT_RESERVED')).toBe(true);
    expect(refused).toBe(size);
    await relay.stillServes();
  });
});
