import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { CliError, explainSystemError } from './cli-error.js';

// How a file crosses a stream: as many bytes as were announced, then the SHA-256 of them. When the receiver has the
// file in its place, it sends the SHA-256 back. Whatever goes wrong resets the stream, with the reason.

/** Of a SHA-256, in bytes. */
const DIGEST_SIZE = 32;

const CHUNK_SIZE = 262_144;

export interface OpenFile {
  readonly file: FileHandle;
  /** As announced, in bytes. */
  readonly size: number;
}

/** Sends a file, and waits until the receiver has it. */
export async function sendContent(duplex: Duplex, open: OpenFile, passed: (bytes: number) => void): Promise<void> {
  let digest: Buffer | undefined;
  const content = async function* () {
    const hash = createHash('sha256');
    for await (const chunk of chunksOf(open)) {
      hash.update(chunk);
      passed(chunk.length);
      yield chunk;
    }
    digest = hash.digest();
    yield digest;
  };
  const confirmed = readAnswer(duplex).then((answer) => {
    if (!digest || !answer.equals(digest)) throw new CliError('The receiver has ended without a confirmation');
  });
  // Nobody takes the rest.
  confirmed.catch((error) => duplex.destroy(error));
  for (const outcome of await Promise.allSettled([pipeline(content, duplex), confirmed])) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}

/**
 * Reads what `sendContent` sends.
 *
 * @returns the checksum, which is right
 */
export async function receiveContent(
  duplex: Duplex,
  size: number,
  write: (chunk: Buffer) => Promise<void>,
): Promise<Buffer> {
  const hash = createHash('sha256');
  const digest: Buffer[] = [];
  let received = 0;
  for await (const chunk of chunksFrom(duplex)) {
    const content = chunk.subarray(0, Math.max(0, size - received));
    received += chunk.length;
    if (received > size + DIGEST_SIZE) throw new CliError(`More bytes have come than the ${size} announced`);
    if (content.length < chunk.length) digest.push(chunk.subarray(content.length));
    hash.update(content);
    if (content.length > 0) await write(content);
  }
  if (received < size + DIGEST_SIZE) throw new CliError(`Fewer bytes have come than the ${size} announced`);
  const expected = hash.digest();
  if (!expected.equals(Buffer.concat(digest))) throw new CliError('The checksum is wrong');
  return expected;
}

/** Tells the sender that the file is in its place. */
export async function confirm(duplex: Duplex, digest: Buffer): Promise<void> {
  duplex.end(digest);
  await finished(duplex);
}

async function* chunksOf({ file, size }: OpenFile): AsyncGenerator<Buffer, void> {
  for (let sent = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_SIZE)).catch((error) => {
      throw new CliError(`The file cannot be read: ${explainSystemError(error)}`);
    });
    sent += bytesRead;
    if (sent > size) throw new CliError('The file has grown while it was sent');
    if (bytesRead === 0 && sent < size) throw new CliError('The file has become shorter while it was sent');
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function readAnswer(duplex: Duplex): Promise<Buffer> {
  let answer = Buffer.alloc(0);
  for await (const chunk of chunksFrom(duplex)) {
    answer = Buffer.concat([answer, chunk]);
    if (answer.length > DIGEST_SIZE) break;
  }
  return answer;
}

/** What arrives, without ending the other direction with it. */
function chunksFrom(duplex: Duplex): AsyncIterable<Buffer> {
  return duplex.iterator({ destroyOnReturn: false });
}
