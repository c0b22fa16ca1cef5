import { describe, expect, it } from 'vitest';
import { topicRoom } from '../../src/protocol/identifiers.js';
import { PATIENT } from '../support/topics.js';
import { Attacker, type AttackerKind, envelope, eventText } from './support/attacker.js';
import { record } from './support/figures.js';
import { startRelayProcess } from './support/relay-process.js';
import { connectVictims } from './support/victims.js';

const LANES: readonly (readonly [AttackerKind, string, (room: string, id: number) => string])[] = [
  ['plugin', 'join', (room, id) => envelope(null, ['join', id, room])],
  ['plugin', 'leave', (room, id) => envelope(null, ['leave', id, room])],
  ['plugin', 'room-message', (room) => envelope('["overheard"]', ['room-message', room, 'overheard', 0])],
  ['plain', 'JOIN_ROOM', (room) => eventText('JOIN_ROOM', { room })],
  ['plain', 'LEAVE_ROOM', (room) => eventText('LEAVE_ROOM', { room })],
  ['plain', 'EMIT_ROOM', (room) => eventText('EMIT_ROOM', { room, event: 'overheard', args: [] })],
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
    for (const [index, room] of rooms.entries()) mallory.send(write(room, 1_000_000 + index));
    await mallory.settled();
    mallory.received.length = 0;
    await carol.emitToWithAck('alice', 'are you fine');
    await alice.publishTopic('news', 'for carol');
    await expect.poll(() => news, PATIENT).toEqual(['for carol']);
    await fine();
    const refused = mallory.codes.get('ROOM_RESERVED') ?? 0;
    record({
      threat: `eavesdropping rooms, ${verb}`,
      size: `${rooms.length} rooms`,
      goal: 'all refused',
      measured: `${refused} refused, ${heard.length} delivered`,
      ok: refused === rooms.length && heard.length === 0,
    });
    expect([...mallory.codes]).toEqual([['ROOM_RESERVED', rooms.length]]);
    await mallory.settled();
    // What it hears after that are the answers to its own questions.
    expect(mallory.received.filter(([, , header]) => (header as unknown[])?.[0] !== 'reply')).toEqual([]);
    expect(heard).toEqual([]);
    expect([alice.connected, ben.connected, carol.connected]).toEqual([true, true, true]);
    await relay.stillServes();
  });
});
