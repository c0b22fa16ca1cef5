import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const LARGEST = 1_073_741_824;

const folder = process.env.P2P_FOLDER ?? (await mkdtemp(join(tmpdir(), 'p2p-uploads-')));
const receiver = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'receiver');

/**
 * What a page says about a file is not to be trusted: a name could lead out of the folder.
 *
 * @param {any} metadata
 * @returns why the file is not taken, or true when it is
 */
function judge(metadata) {
  const { name, size } = Object(metadata);
  if (typeof name !== 'string' || !/^[^./\\:\p{C}][^/\\:\p{C}]{0,99}$/u.test(name)) return 'That is no name for a file';
  if (!Number.isSafeInteger(size) || size < 0) return 'That is no size of a file';
  return size <= LARGEST || 'A file has 1 GiB at most';
}

/** @param {import('node:stream').Duplex} stream @param {{ name: string, size: number }} file */
async function save(stream, { name, size }) {
  const unfinished = join(folder, `.${randomUUID()}`);
  try {
    // A loop over the stream itself would destroy it at its end, with the direction that is still open.
    const input = stream.iterator({ destroyOnReturn: false });
    await pipeline(input, (bytes) => exactly(size, bytes), createWriteStream(unfinished));
    await rename(unfinished, join(folder, name));
    // The page has ended its direction of the stream. Ending this one tells it that all has gone well.
    stream.end();
    console.log(`${name} is saved in ${folder}`);
  } catch (error) {
    await rm(unfinished, { force: true });
    stream.destroy(/** @type {Error} */ (error));
    console.log(`${name} is lost: ${/** @type {Error} */ (error).message}`);
  }
}

/** Passes on as many bytes as were announced, no more and no less. */
async function* exactly(/** @type {number} */ size, /** @type {AsyncIterable<Uint8Array>} */ input) {
  let left = size;
  for await (const bytes of input) {
    left -= bytes.length;
    if (left < 0) break;
    yield bytes;
  }
  if (left !== 0) throw new Error('It has not the size that was announced');
}

receiver.onAddP2pStream({ accept: ({ metadata }) => judge(metadata) }, (stream, { from, metadata }) => {
  const file = /** @type {{ name: string, size: number }} */ (metadata);
  console.log(`${file.name}: ${file.size} bytes from ${from}`);
  return save(stream, file);
});

receiver.once('connect', () => console.log('ready'));
