import { setTimeout as pause } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { answerParent } from './answer-parent.js';

const { url } = JSON.parse(process.argv[2] ?? '{}');

/** Between two lots, in ms. */
const PACE = 2;

/** Most packets of one lot: what is late by more is not made up for at once. */
const MOST_AT_ONCE = 50;

/** What a client may do without end, by number. */
const KINDS = {
  messages: (/** @type {number} */ n) => envelope('[1]', ['message', 'clock', `event-${n}`, 0]),
  joins: (/** @type {number} */ n) => envelope(null, ['join', n, `room-${n}`]),
  opens: (/** @type {number} */ n) => envelope('[]', ['open', clientId, 0, n, 10_000, 'bytes', 1_000, 0]),
  subscriptions: (/** @type {number} */ n) => envelope(null, ['subscribe', clientId, 0, n, 10_000, `topic-${n}`]),
  pairs: (/** @type {number} */ n) => envelope(null, ['pair', n % 2 ? 'clock' : clientId, 0, n, 10_000]),
  watches: (/** @type {number} */ n) => envelope(null, ['watch', `peer-${n}`]),
  offers: () => envelope(null, ['offer']),
};

/** What it is told, by kind and code. */
const codes = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, /** @type {Record<string, number>} */ ({})]));
let sessions = 0;
let disconnects = 0;
let clientId = '';
let kind = '';
/** @type {import('socket.io-client').Socket | undefined} */
let socket;

function envelope(/** @type {string | null} */ data, /** @type {unknown[]} */ header) {
  return `2${JSON.stringify(['P2P', data, header])}`;
}

/** Begins another session, of the next kind. */
async function connect() {
  kind = Object.keys(KINDS)[sessions % Object.keys(KINDS).length] ?? '';
  clientId = `flood-${++sessions}`;
  const auth = { clientId, p2p: { version: 1, secret: 'secret of mallory' } };
  const next = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth });
  const mine = kind;
  next.on('P2P', (data, header) => take(next, mine, data, header));
  next.on('disconnect', () => disconnects++);
  await new Promise((resolve, reject) => {
    next.once('P2P', resolve);
    next.once('connect_error', reject);
  });
  if (kind === 'subscriptions') next.io.engine.write(envelope(null, ['offer']));
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
  const answer = (/** @type {unknown[]} */ answered) => from.io.engine?.write(envelope(null, answered));
  if (type === 'open') answer(['opened', peer, epoch, id, 1e6 + Number(id), 1_000]);
  if (type === 'subscribe') answer(['subscribed', peer, epoch, id, topic]);
  if (type === 'pair') from.io.engine?.write(envelope('[]', ['reply', peer, epoch, id, 0]));
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
