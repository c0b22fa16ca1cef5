import { type Duplex, Transform, type Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { isatty } from 'node:tty';
import type { CliError } from './cli-error.js';
import type { ProgressPart } from './progress-line.js';
import { inputFailed } from './standard-input.js';
import { openStandardOutput, outputFailed, type StandardOutput } from './standard-output.js';

export interface JoinOptions {
  /** Aborting destroys the stream. */
  readonly signal: AbortSignal;
  readonly sent: ProgressPart;
  readonly received: ProgressPart;
}

/**
 * Connects a stream with stdin and stdout, until both directions have ended, each by itself. What has come before a
 * failure is written.
 */
export async function joinStandardStreams(duplex: Duplex, options: JoinOptions): Promise<void> {
  const { signal } = options;
  const output = openStandardOutput();
  const abort = () => {
    duplex.destroy(signal.reason);
    output.stream.destroy();
  };
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    await (receivesOnly() ? receiveAndEnd(duplex, output, options) : joinBoth(duplex, output, options));
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** With a terminal as stdin and the output elsewhere, nobody is going to type: the stream ends with the other side. */
function receivesOnly(): boolean {
  return isatty(0) && !isatty(1);
}

async function receiveAndEnd(duplex: Duplex, output: StandardOutput, options: JoinOptions): Promise<void> {
  await receive(duplex, output.stream, options);
  duplex.end();
  await finished(duplex);
}

async function joinBoth(duplex: Duplex, output: StandardOutput, options: JoinOptions): Promise<void> {
  let hasSent = false;
  const sending = send(duplex, options).finally(() => {
    hasSent = true;
  });
  const receiving = receive(duplex, output.stream, options).then(() => {
    if (!hasSent) output.close();
  });
  for (const outcome of await Promise.allSettled([sending, receiving])) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}

async function send(duplex: Duplex, { sent }: JoinOptions): Promise<void> {
  const counter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      sent.advance(chunk.length);
      done(null, chunk);
    },
  });
  let failure: CliError | undefined;
  process.stdin.once('error', (error) => {
    // pipeline destroys it with what has gone wrong elsewhere.
    if (duplex.destroyed) return;
    failure = inputFailed(error);
    duplex.destroy(failure);
  });
  await pipeline(process.stdin, counter, duplex).catch((error) => {
    throw failure ?? error;
  });
}

async function receive(duplex: Duplex, output: Writable, { received }: JoinOptions): Promise<void> {
  output.once('error', (error) => duplex.destroy(outputFailed(error)));
  const written = finished(output, { readable: false }).catch((error) => {
    throw outputFailed(error);
  });
  duplex.on('data', (chunk: Buffer) => received.advance(chunk.length));
  // By itself, this never ends process.stdout.
  duplex.pipe(output, { end: false });
  try {
    await finished(duplex, { writable: false });
  } catch (error) {
    output.end();
    await written.catch(() => {});
    throw error;
  }
  output.end();
  await written;
}
