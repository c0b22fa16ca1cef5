import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { pattern } from './pattern.js';

const query = new URLSearchParams(location.search);
const transport = /** @type {'polling' | 'websocket'} */ (query.get('transport'));

/** What the tests use in the page. */
window.p2p = {
  client: p2pClientPlugin(io({ transports: [transport] }), query.get('clientId') ?? ''),
  pattern,
  collect,
  sha256,
};

/** All that is left in a stream of bytes. */
async function collect(/** @type {ReadableStream<unknown>} */ readable) {
  const reader = readable.getReader();
  const chunks = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(chunks).arrayBuffer());
    if (!(value instanceof Uint8Array)) throw new Error('That is no chunk of bytes');
    chunks.push(/** @type {Uint8Array<ArrayBuffer>} */ (value));
  }
}

async function sha256(/** @type {Uint8Array<ArrayBuffer>} */ bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
