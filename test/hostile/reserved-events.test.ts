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
import { Attacker, type AttackerKind, eventText, PACKET_KINDS, type Written } from './support/attacker.js';
import { record } from './support/figures.js';
import { startRelayProcess } from './support/relay-process.js';
import { connectVictims, enterLobby, TARGETS } from './support/victims.js';

const SOCKET_IO = ['connect', 'connection', 'connect_error', 'disconnect', 'disconnecting', 'error'];
const EMITTER = ['newListener', 'removeListener'];
const OURS = [PLAIN_VERBS, SERVICE_VERBS, STREAM_EVENTS, TOPIC_EVENTS].flatMap((names) => Object.values(names));
const NAMES = [
  ...new Set([...SOCKET_IO, ...EMITTER, ...OURS, ADD_TARGET, ENVELOPE_EVENT, SERVER_ERROR, TARGET_DISCONNECT]),
];

interface Attempt {
  readonly target: string;
  readonly event: string;
  readonly id: number;
}

type Verb = (attempt: Attempt, attacker: Attacker) => Written;

const PACKETS: Record<string, Verb> = {
  message: ({ target, event }, { packet }) => packet('["forged"]', ['message', target, event, 0]),
  request: ({ target, event, id }, { packet }) => packet('["forged"]', ['request', target, 0, id, 1_000, event, 0]),
  'room-message': ({ event }, { packet }) => packet('["forged"]', ['room-message', 'lobby', event, 0]),
};

const EVENTS: Record<string, Verb> = {
  P2P_EMIT: ({ target, event }) => eventText('P2P_EMIT', { targetClientId: target, event, args: ['forged'] }),
  P2P_EMIT_ACKNOWLEDGE: ({ target, event, id }) =>
    eventText('P2P_EMIT_ACKNOWLEDGE', { targetClientId: target, event, args: ['forged'] }).replace('2', `2${id}`),
  EMIT_ROOM: ({ event }) => eventText('EMIT_ROOM', { room: 'lobby', event, args: ['forged'] }),
};

async function scene(kind: AttackerKind) {
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

const LANES: (readonly [AttackerKind, string, Verb])[] = [
  ...PACKET_KINDS.flatMap((kind) => Object.entries(PACKETS).map(([lane, write]) => [kind, lane, write] as const)),
  ...Object.entries(EVENTS).map(([lane, write]) => ['plain', lane, write] as const),
];

describe('R-1 reserved events', () => {
  it.each(LANES)('R-1 from a %s client by %s, no name of Socket.IO or of ours arrives', async (kind, lane, write) => {
    const { relay, mallory, acknowledged, heard, fine } = await scene(kind);
    let id = 200_000;
    for (const target of TARGETS) {
      for (const event of NAMES) mallory.send(write({ target, event, id: id++ }, mallory));
    }
    await mallory.settled();
    await fine();
    const refused = (mallory.codes.get('EVENT_RESERVED') ?? 0) + acknowledged.length;
    const size = TARGETS.length * NAMES.length;
    record({
      threat: `reserved events, ${kind}, ${lane}`,
      size: `${NAMES.length} names, ${TARGETS.length} receivers`,
      goal: 'none arrives',
      measured: `${heard.length} arrived, ${refused} refused`,
      ok: heard.length === 0,
    });
    expect(heard).toEqual([]);
    // A number that could not be given stands for nothing.
    if (kind === 'frames') mallory.codes.delete('PACKET_INVALID');
    expect([...mallory.codes.keys(), ...acknowledged].every((code) => code === 'EVENT_RESERVED')).toBe(true);
    expect(refused).toBe(size);
    await relay.stillServes();
  });
});
