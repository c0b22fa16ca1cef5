import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { Progress } from './progress.js';

const sender = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'sender');

/** Resolves when the receiver has the whole file on its disk. */
async function send(/** @type {string} */ path, name = basename(path)) {
  const { size } = await stat(path);
  const stream = await sender.addP2pStream('receiver', { metadata: { name, size } });
  const progress = new Progress(size, (percent) => console.log(`${name}: ${percent} % sent`));
  const [answer] = await Promise.all([text(stream), pipeline(createReadStream(path), progress, stream)]);
  if (answer !== progress.checksum) throw new Error(`${name} has arrived with errors`);
  console.log(`${name}: arrived, checksum verified`);
}

const folder = await mkdtemp(join(tmpdir(), 'p2p-sent-'));
try {
  const path = join(folder, 'photos.zip');
  await writeFile(path, randomBytes(8 * 1_048_576));
  await send(path);

  // The receiver decides by what it is told of a file, before any of it is sent.
  await send(path, '../photos.zip').catch((error) => console.log(`${error.code}: ${error.message}`));
  const film = { name: 'film.mkv', size: 8_000_000_000 };
  await sender
    .addP2pStream('receiver', { metadata: film })
    .catch((error) => console.log(`${error.code}: ${error.message}`));
} finally {
  await rm(folder, { recursive: true });
}

sender.disconnect();
