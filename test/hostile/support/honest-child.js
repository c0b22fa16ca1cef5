import { setTimeout as pause } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { answerParent } from './answer-parent.js';

const { url } = JSON.parse(process.argv[2] ?? '{}');
const connect = (/** @type {string} */ clientId) =>
  p2pClientPlugin(io(url, { transports: ['websocket'], forceNew: true }), clientId);

/** Between two requests, in ms: enough of them, and little load. */
const PACE = 2;

const [asking, answering] = [connect('honest-asking'), connect('honest-answering')];
answering.onAny('ping', (_from, ack) => ack('pong'));
await answering.isClientConnected('honest-asking');

/** @type {number[]} */
let times = [];
let failed = 0;
let isRunning = false;
/** @type {Promise<void>} */
let running = Promise.resolve();

async function request() {
  const startedAt = performance.now();
  try {
    await asking.emitToWithAck('honest-answering', 'ping');
    times.push(performance.now() - startedAt);
  } catch {
    failed++;
  }
  await pause(PACE);
}

function latency() {
  const sorted = times.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const found = { count: sorted.length, failed, p50: at(0.5), p99: at(0.99) };
  times = [];
  failed = 0;
  return found;
}

answerParent({
  requests: async (count) => {
    for (let n = 0; n < count; n++) await request();
    return latency();
  },
  start: () => {
    isRunning = true;
    running = (async () => {
      while (isRunning) await request();
    })();
  },
  stop: async () => {
    isRunning = false;
    await running;
    return latency();
  },
});
