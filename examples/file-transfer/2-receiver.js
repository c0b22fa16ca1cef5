import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { Progress } from './progress.js';

const LARGEST = 64 * 1_048_576;

const folder = process.env.P2P_FOLDER ?? (await mkdtemp(join(tmpdir(), 'p2p-received-')));
const receiver = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'receiver');

/**
 * What the sender says about a file is not to be trusted: a name could lead out of the folder.
 *
 * @param {any} metadata
 * @returns why the file is not taken, or true when it is
 */
function judge(metadata) {
  const { name, size } = Object(metadata);
  if (typeof name !== 'string' || !/^[^./\\:\p{C}][^/\\:\p{C}]{0,99}$/u.test(name)) return 'That is no name for a file';
  if (!Number.isSafeInteger(size) || size < 0) return 'That is no size of a file';
  return size <= LARGEST || `A file has ${LARGEST} bytes at most`;
}

/** @param {import('node:stream').Duplex} stream @param {{ name: string, size: number }} file */
async function save(stream, { name, size }) {
  const unfinished = join(folder, `.${randomUUID()}`);
  try {
    const progress = new Progress(size, (percent) => console.log(`${name}: ${percent} % received`));
    // The sender is no faster than this disk: pipeline takes no more than can be written.
    await pipeline(stream, progress, createWriteStream(unfinished));
    await rename(unfinished, join(folder, name));
    // The other direction is still open. This tells the sender that all has gone well.
    stream.end(progress.checksum);
    console.log(`${name}: saved in ${folder}`);
  } catch (error) {
    await rm(unfinished, { force: true });
    stream.destroy(/** @type {Error} */ (error));
    console.log(`${name}: ${error}`);
  }
}

receiver.onAddP2pStream(
  {
    accept: ({ metadata }) => judge(metadata),
    // What may be on its way, in bytes: also the most that waits in memory here.
    maxWindow: 1_048_576,
  },
  (stream, { from, metadata }) => {
    const file = /** @type {{ name: string, size: number }} */ (metadata);
    console.log(`${file.name}: ${file.size} bytes from ${from}`);
    return save(stream, file);
  },
);

receiver.once('connect', () => console.log('ready'));
