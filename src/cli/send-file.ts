import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { CliError, explainSystemError } from './cli-error.js';
import { type ConnectOptions, connectClient, leaveRelay } from './connect-client.js';
import { type OpenFile, sendContent } from './file-content.js';
import { formatName } from './format-json.js';
import { notice } from './notice.js';
import { openStream } from './open-stream.js';
import { formatBytes, ProgressLine } from './progress-line.js';
import type { FileMetadata } from './stream-kind.js';
import { untilInterrupted } from './until-interrupted.js';

export interface SendFileOptions extends ConnectOptions {
  readonly as: string;
  readonly to: string;
}

/** `p2p send-file`: one file to one client; over when that one has it, checked and in its place. */
export async function sendFile(path: string, { as, to, ...options }: SendFileOptions): Promise<void> {
  const { file, size } = await openFile(path);
  const name = basename(resolve(path));
  const socket = await connectClient(as, options);
  try {
    await untilInterrupted(async (signal) => {
      const metadata: FileMetadata = { kind: 'file', name, size };
      const duplex = await openStream(socket, to, { metadata, timeout: options.timeout, signal });
      signal.addEventListener('abort', () => duplex.destroy(signal.reason));
      await send(duplex, { file, size }, name);
    });
    notice(`${to} has received ${formatName(name)} (${formatBytes(size)})`);
  } finally {
    await leaveRelay(socket);
    await file.close();
  }
}

async function send(duplex: Duplex, open: OpenFile, name: string): Promise<void> {
  const part = new ProgressLine(process.stderr).begin(formatName(name), open.size);
  let success = false;
  try {
    await sendContent(duplex, open, part.advance);
    success = true;
  } finally {
    part.end(success);
  }
}

async function openFile(path: string): Promise<OpenFile> {
  // A FIFO would be waited for.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error) => {
    throw new CliError(`cannot read ${formatName(path)}: ${explainSystemError(error)}`);
  });
  const stats = await file.stat();
  if (stats.isFile()) return { file, size: stats.size };
  await file.close();
  throw new CliError(
    `${formatName(path)} is no regular file${stats.isDirectory() ? '' : ': p2p pipe sends other things'}`,
  );
}
