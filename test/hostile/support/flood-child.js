import { setTimeout as pause } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { answerParent } from './answer-parent.js';

const { url, frames } = JSON.parse(process.argv[2] ?? '{}');

/** What the built package reads and writes frames by, which it does not export. */
const built = (/** @type {string} */ name) =>
  import(new URL(`../../../dist/protocol/${name}.js`, import.meta.url).href);
const { readEnvelope, writeEnvelope } = await built('envelope');
const { tapFrames } = await built('frame-tap');
const { FrameReader, readPacket } = await built('frame-reader');
const { FrameWriter } = await built('frame-writer');

/** Between two lots, in ms. */
const PACE = 2;

/** Most packets of one lot: what is late by more is not made up for at once. */
const MOST_AT_ONCE = 50;

/** What a client may do without end, by number. */
const KINDS = {
  messages: (/** @type {number} */ n) => packet('[1]', ['message', 'clock', `event-${n}`, 0]),
  joins: (/** @type {number} */ n) => packet(null, ['join', n, `room-${n}`]),
  opens: (/** @type {number} */ n) => packet('[]', ['open', clientId, 0, n, 10_000, 'bytes', 1_000, 0]),
  subscriptions: (/** @type {number} */ n) => packet(null, ['subscribe', clientId, 0, n, 10_000, `topic-${n}`]),
  pairs: (/** @type {number} */ n) => packet(null, ['pair', n % 2 ? 'clock' : clientId, 0, n, 10_000]),
  watches: (/** @type {number} */ n) => packet(null, ['watch', `peer-${n}`]),
  offers: () => packet(null, ['offer']),
};

/** What it is told, by kind and code. */
const codes = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, /** @type {Record<string, number>} */ ({})]));
let sessions = 0;
let disconnects = 0;
let clientId = '';
let kind = '';
/** @type {import('socket.io-client').Socket | undefined} */
let socket;
/** Of its present lane, where it has one. @type {{ add(packet: unknown): void, take(): Uint8Array } | undefined} */
let writer;

/** As it is written to the connection. */
function packet(/** @type {string | null} */ data, /** @type {unknown[]} */ header) {
  if (!writer) return `2${JSON.stringify(['P2P', data, header])}`;
  writer.add(readEnvelope(data, header));
  return writer.take();
}

/** Hears what comes in frames as if each packet was an envelope. */
function tap(/** @type {any} */ from, /** @type {(data: string, header: unknown[]) => void} */ heard) {
  const reader = new FrameReader();
  const visitor = {
    packet: (/** @type {unknown} */ head, /** @type {unknown} */ place) => {
      const [data, header] = writeEnvelope(readPacket(head, place));
      heard(data, header);
    },
  };
  tapFrames(from.io.decoder, {
    frame: (/** @type {number} */ _lane, /** @type {Uint8Array} */ bytes) => {
      process.nextTick(() => reader.read(bytes, visitor));
      return true;
    },
  });
}

/** Begins another session, of the next kind. */
async function connect() {
  kind = Object.keys(KINDS)[sessions % Object.keys(KINDS).length] ?? '';
  clientId = `flood-${++sessions}`;
  const auth = { clientId, p2p: { version: 1, secret: 'secret of mallory', ...(frames && { frames: 1 }) } };
  const next = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth });
  const mine = kind;
  next.on('P2P', (data, header) => take(next, mine, data, header));
  if (frames) tap(next, (data, header) => take(next, mine, data, header));
  next.on('disconnect', () => disconnects++);
  const welcome = await new Promise((resolve, reject) => {
    next.once('P2P', (_data, header) => resolve(header));
    next.once('connect_error', reject);
  });
  writer = frames ? new FrameWriter(welcome[4]) : undefined;
  if (kind === 'subscriptions') next.io.engine.write(packet(null, ['offer']));
  socket = next;
}

/** It takes whatever it asks of itself, and counts what goes wrong. */
function take(
  /** @type {import('socket.io-client').Socket} */ from,
  /** @type {string} */ mine,
  /** @type {string} */ data,
  /** @type {unknown[]} */ header,
) {
  const [type, peer, epoch, id, , topic] = header;
  const answer = (/** @type {unknown[]} */ answered) => from.io.engine?.write(packet(null, answered));
  if (type === 'open') answer(['opened', peer, epoch, id, 1e6 + Number(id), 1_000]);
  if (type === 'subscribe') answer(['subscribed', peer, epoch, id, topic]);
  if (type === 'pair') from.io.engine?.write(packet('[]', ['reply', peer, epoch, id, 0]));
  if (!['error', 'reject', 'reset', 'end'].includes(String(type))) return;
  const code = JSON.parse(data)[0]?.code ?? 'none';
  const counts = codes[mine] ?? {};
  counts[code] = (counts[code] ?? 0) + 1;
}

async function flood(/** @type {number} */ count, /** @type {number} */ perSecond) {
  const startedAt = performance.now();
  let behind = 0;
  for (let sent = 0; sent < count; await pause(PACE)) {
    if (!socket?.connected) await connect();
    const due = Math.min(count, ((performance.now() - startedAt) / 1_000) * perSecond - behind);
    const write = KINDS[/** @type {keyof typeof KINDS} */ (kind)];
    for (let lot = 0; lot < MOST_AT_ONCE && sent < due; lot++) socket?.io.engine?.write(write(++sent));
    // The time in which it was not connected is lost.
    if (sent < due) behind += due - sent;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  socket?.disconnect();
  return { sessions, disconnects, codes, seconds };
}

answerParent({ flood });
