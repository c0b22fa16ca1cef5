import { pipeline } from 'node:stream/promises';
import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const alice = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'alice');

// What a stream is for, the opener says in its metadata. One that nobody here can serve is refused with a reason.
const accept = (/** @type {import('socket.io-p2p-plugin/client').IncomingStream} */ { metadata }) =>
  metadata === 'shout' || metadata === 'sum' || 'I can only shout and sum up';

alice.onAddP2pStream({ accept }, (stream, { from, metadata }) => {
  console.log(`${from} opens "${metadata}"`);
  const answers = metadata === 'sum' ? sums : shouts;
  // A loop over the stream itself would destroy it at its end, with the direction that is still open.
  const input = stream.iterator({ destroyOnReturn: false });
  // Whatever fails here destroys the stream, and so its other end.
  pipeline(input, answers, stream).then(
    () => console.log(`"${metadata}" has ended`),
    (error) => console.log(`"${metadata}" has failed: ${error.message}`),
  );
});

/** Says everything louder. When the other side has said its last, this side may go on. */
async function* shouts(/** @type {AsyncIterable<Uint8Array>} */ input) {
  const decoder = new TextDecoder();
  let length = 0;
  for await (const bytes of input) {
    length += bytes.length;
    yield decoder.decode(bytes, { stream: true }).toUpperCase();
  }
  yield `goodbye after ${length} bytes\n`;
}

/** Answers each number with the sum so far. */
async function* sums(/** @type {AsyncIterable<unknown>} */ input) {
  let sum = 0;
  for await (const number of input) {
    if (typeof number !== 'number') throw notANumber(number);
    sum += number;
    yield { number, sum };
  }
}

function notANumber(/** @type {unknown} */ value) {
  return Object.assign(new Error(`"${value}" is not a number`), { code: 'NOT_A_NUMBER' });
}

alice.once('connect', () => console.log('ready'));
