import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { isatty } from 'node:tty';
import type { P2PClientSocket } from '../client/p2p-client-plugin.js';
import { SERVER_ERROR } from '../protocol/event-names.js';
import { type ConnectOptions, connectClient, leaveRelay } from './connect-client.js';
import { noticeConnection } from './connection-notices.js';
import { joinStandardStreams } from './join-standard-streams.js';
import { notice } from './notice.js';
import { openStream } from './open-stream.js';
import { PipeReceipts } from './pipe-receipts.js';
import { ProgressLine } from './progress-line.js';
import { standardInputSize } from './standard-input.js';
import { noPipe, type PipeMetadata, pipeId, sizeOf } from './stream-kind.js';
import { rejectWhenAborted, untilInterrupted } from './until-interrupted.js';

export interface PipeOptions extends ConnectOptions {
  readonly as: string;
  /** Whom to open the stream to; without, one is waited for. */
  readonly to?: string;
}

interface Pipe {
  readonly duplex: Duplex;
  /** Where the other side is `p2p pipe` as well, or may be. */
  readonly receipts: PipeReceipts | undefined;
  /** What comes from stdin and what the other side says it sends, in bytes, where it is known. */
  readonly sizes: { readonly sent: number | undefined; readonly received?: number | undefined };
}

/** `p2p pipe`: one stream, joined with stdin and stdout. */
export async function pipe({ to, ...options }: PipeOptions): Promise<void> {
  const size = standardInputSize();
  await (to === undefined ? pipeFromAnyone(options, size) : pipeTo(to, options, size));
}

async function pipeTo(to: string, { as, ...options }: PipeOptions, size: number | undefined): Promise<void> {
  const socket = await connectClient(as, options);
  try {
    await untilInterrupted(async (signal) => {
      const id = randomUUID();
      const metadata: PipeMetadata = { kind: 'pipe', id, ...(size !== undefined && { size }) };
      const receipts = new PipeReceipts(socket, { peer: to, id });
      const duplex = await openStream(socket, to, { metadata, timeout: options.timeout, signal });
      await join({ duplex, receipts, sizes: { sent: size } }, signal);
    });
  } finally {
    await leaveRelay(socket);
  }
}

async function pipeFromAnyone({ as, ...options }: PipeOptions, size: number | undefined): Promise<void> {
  let arrival: Promise<Pipe> | undefined;
  const socket = await connectClient(as, options, (client) => {
    arrival = firstPipe(client, size);
  });
  if (process.stderr.isTTY) notice(`waiting for a stream as ${as} on ${options.url}`);
  try {
    await untilInterrupted(async (signal) => {
      let stopNotices = () => {};
      const ended = new Promise<never>((_resolve, reject) => {
        stopNotices = noticeConnection(socket, { notice, ended: reject });
      });
      const first = await Promise.race([arrival, ended, rejectWhenAborted(signal)]);
      stopNotices();
      if (first) await join(first, signal);
    });
  } finally {
    await leaveRelay(socket);
  }
}

function firstPipe(socket: P2PClientSocket, sent: number | undefined): Promise<Pipe> {
  // What fails later fails with the stream, and is told once.
  socket.on(SERVER_ERROR, () => {});
  return new Promise((resolve) => {
    let taken: string | undefined;
    const refusal = () => (taken === undefined ? undefined : `This pipe is taken by ${taken}`);
    socket.onAddP2pStream(
      { objectMode: false, accept: (incoming) => noPipe(incoming) ?? refusal() ?? true },
      (duplex, incoming) => {
        duplex.on('error', () => {});
        // Two may have been accepted at once.
        if (taken !== undefined) return duplex.destroy(new Error(refusal()));
        taken = incoming.from;
        const id = pipeId(incoming);
        const receipts = id === undefined ? undefined : new PipeReceipts(socket, { peer: incoming.from, id });
        receipts?.ask();
        resolve({ duplex, receipts, sizes: { sent, received: sizeOf(incoming) } });
      },
    );
  });
}

async function join({ duplex, receipts, sizes }: Pipe, signal: AbortSignal): Promise<void> {
  const progress = new ProgressLine(process.stderr);
  // Two who talk need no figures, and what arrives at a terminal is not to be drawn over.
  if (isatty(0) && isatty(1)) progress.off();
  const sent = progress.begin('sent', sizes.sent);
  const received = isatty(1)
    ? { advance: () => progress.off(), end: () => {} }
    : progress.begin('received', sizes.received);
  let success = false;
  try {
    await joinStandardStreams(duplex, { signal, sent, received });
    receipts?.settle();
    await Promise.race([receipts?.confirmed, rejectWhenAborted(signal)]);
    success = true;
  } catch (error) {
    receipts?.settle(error);
    throw error;
  } finally {
    sent.end(success);
    received.end(success);
  }
}
