import { describe, expect, it } from 'vitest';
import { topicRoom } from '../../src/protocol/identifiers.js';
import { PATIENT } from '../support/topics.js';
import { Attacker, type AttackerKind, eventText, PACKET_KINDS, type Written } from './support/attacker.js';
import { record } from './support/figures.js';
import { startRelayProcess } from './support/relay-process.js';
import { connectVictims } from './support/victims.js';

type Verb = (attacker: Attacker, room: string, id: number) => Written;

const PACKETS: readonly (readonly [string, Verb])[] = [
  ['join', ({ packet }, room, id) => packet(null, ['join', id, room])],
  ['leave', ({ packet }, room, id) => packet(null, ['leave', id, room])],
  ['room-message', ({ packet }, room) => packet('["overheard"]', ['room-message', room, 'overheard', 0])],
];

const LANES: readonly (readonly [AttackerKind, string, Verb])[] = [
  ...PACKET_KINDS.flatMap((kind) => PACKETS.map(([verb, write]) => [kind, verb, write] as const)),
  ['plain', 'JOIN_ROOM', (_attacker, room) => eventText('JOIN_ROOM', { room })],
  ['plain', 'LEAVE_ROOM', (_attacker, room) => eventText('LEAVE_ROOM', { room })],
  ['plain', 'EMIT_ROOM', (_attacker, room) => eventText('EMIT_ROOM', { room, event: 'overheard', args: [] })],
];

describe('R-1 eavesdropping by room', () => {
  it.each(LANES)('R-1 a %s client is refused every room of a socket and of ours by %s', async (kind, verb, write) => {
    const relay = await startRelayProcess();
    const { alice, ben, carol, heard, fine } = await connectVictims(relay);
    alice.createTopic('news');
    const news: unknown[] = [];
    await carol.subscribeTopic('alice', 'news', (value: unknown) => news.push(value)).ready;
    const mallory = await Attacker.connect(relay.url, kind);
    const rooms = [
      ...Object.values(await relay.socketIds()),
      topicRoom('alice', 'news'),
      topicRoom('clock', 'ticks'),
      'p2p:',
      'p2p:anything',
      'x'.repeat(20),
    ];
    for (const [index, room] of rooms.entries()) mallory.send(write(mallory, room, 1_000_000 + index));
    await mallory.settled();
    mallory.received.length = 0;
    await carol.emitToWithAck('alice', 'are you fine');
    await alice.publishTopic('news', 'for carol');
    await expect.poll(() => news, PATIENT).toEqual(['for carol']);
    await fine();
    const refused = mallory.codes.get('ROOM_RESERVED') ?? 0;
    record({
      threat: `eavesdropping rooms, ${kind}, ${verb}`,
      size: `${rooms.length} rooms`,
      goal: 'all refused',
      measured: `${refused} refused, ${heard.length} delivered`,
      ok: refused === rooms.length && heard.length === 0,
    });
    // A number that could not be given stands for nothing.
    if (kind === 'frames') mallory.codes.delete('PACKET_INVALID');
    expect([...mallory.codes]).toEqual([['ROOM_RESERVED', rooms.length]]);
    await mallory.settled();
    // What it hears after that are the answers to its own questions.
    expect(mallory.received.filter(([, , header]) => (header as unknown[])?.[0] !== 'reply')).toEqual([]);
    expect(heard).toEqual([]);
    expect([alice.connected, ben.connected, carol.connected]).toEqual([true, true, true]);
    await relay.stillServes();
  });
});
