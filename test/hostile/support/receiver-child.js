import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { answerParent } from './answer-parent.js';

const { url, clientId } = JSON.parse(process.argv[2] ?? '{}');
const client = p2pClientPlugin(io(url, { transports: ['websocket'], forceNew: true, reconnection: false }), clientId);

let received = 0;
let readsUpTo = Number.POSITIVE_INFINITY;
/** @type {import('node:stream').Duplex | undefined} */
let stream;
/** @type {string | undefined} */
let failure;

client.onAddP2pStream((duplex) => {
  stream = duplex;
  duplex.on('error', (error) => {
    failure = String(error);
  });
  duplex.on('data', (chunk) => {
    received += chunk.length;
    if (received >= readsUpTo) duplex.pause();
  });
});
client.onAny('count', (_from, ack) => ack(received));
client.onAny('bulk', (_from, chunk) => {
  received += chunk.length;
});
await client.isClientConnected(clientId);

answerParent({
  pid: () => process.pid,
  received: () => received,
  failure: () => failure ?? null,
  readUpTo: (bytes) => {
    readsUpTo = bytes ?? Number.POSITIVE_INFINITY;
    stream?.resume();
  },
});
