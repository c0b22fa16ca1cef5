import { giveUp, serveCommands } from '../commands.js';
import { AskingLoad } from './asking-load.js';
import { makeChunk } from './chunk.js';
import { type ContestantName, contestant } from './contestants.js';
import { OutgoingStream } from './outgoing-stream.js';
import type { StreamClient } from './stream-contestant.js';

export interface ClientsOptions {
  readonly contestant: ContestantName;
  readonly port: number;
  /** Sender `n` sends to receiver `n`. */
  readonly pairs: number;
}

export interface StartOptions {
  /** How many streams, dealt out among the pairs. */
  readonly streams: number;
  /** Bytes to offer on each; without it they go on until they are stopped. */
  readonly bytes?: number;
}

export interface SenderCommands {
  connect(options: ClientsOptions): Promise<void>;
  /** Opens streams and keeps them full. */
  start(options: StartOptions): Promise<void>;
  /** Bytes written so far to all streams of the last start. */
  written(): number;
  /** Ends all streams where they are. Gives the bytes written to them. */
  stop(): Promise<number>;
  /** Settles when everything that was offered is written. Gives the number of bytes. */
  allWritten(): Promise<number>;
  /** Sends a small message every so many ms. */
  startAsking(options: { readonly interval: number }): void;
  /** Round trips of all messages since the start, in ms. */
  stopAsking(): Promise<number[]>;
}

const chunk = makeChunk();
let clients: StreamClient[] = [];
let streams: OutgoingStream[] = [];
let asking: AskingLoad | undefined;

serveCommands<SenderCommands>({
  async connect({ contestant: name, port, pairs }) {
    const indexes = Array.from({ length: pairs }, (_, index) => index);
    clients = await Promise.all(
      indexes.map((index) => contestant(name).connect({ port, clientId: `sender-${index}`, failed: giveUp })),
    );
  },

  async start({ streams: count, bytes = Number.POSITIVE_INFINITY }) {
    const indexes = Array.from({ length: count }, (_, index) => index % clients.length);
    const outlets = await Promise.all(indexes.map((index) => clients[index]!.open(`receiver-${index}`)));
    streams = outlets.map((outlet) => new OutgoingStream(outlet, { chunk, bytes, failed: giveUp }));
  },

  written,

  async stop() {
    await Promise.all(streams.map((stream) => stream.stop()));
    return written();
  },

  async allWritten() {
    await Promise.all(streams.map((stream) => stream.ended));
    return written();
  },

  startAsking({ interval }) {
    asking = new AskingLoad(() => clients[0]!.ask('receiver-0'), { interval, failed: giveUp });
  },

  stopAsking: () => asking!.stop(),
});

function written(): number {
  return streams.reduce((sum, stream) => sum + stream.written, 0);
}
