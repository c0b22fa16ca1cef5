import { giveUp, serveCommands } from '../commands.js';
import { makeChunk } from './chunk.js';
import { contestant } from './contestants.js';
import { IncomingStream } from './incoming-stream.js';
import type { ClientsOptions } from './sender-process.js';
import type { Brake } from './stream-contestant.js';

export interface ExpectOptions {
  readonly streams: number;
  /** Bytes after which the application stops reading a stream. */
  readonly readOnly?: number;
}

export interface Count {
  /** Of this process, in ms. */
  readonly at: number;
  /** Bytes that came so far, by stream. */
  readonly bytes: readonly number[];
}

export interface ReceiverCommands {
  connect(options: ClientsOptions): Promise<void>;
  /** Forgets all streams so far, and says what is to be done with those that come. */
  expect(options: ExpectOptions): void;
  count(): Count;
  /** Reads on where it had stopped. */
  readOn(): void;
  /** Settles when all expected streams have ended. Gives the number of bytes that came. */
  allEnded(): Promise<number>;
}

const chunk = makeChunk();
let expected: ExpectOptions = { streams: 0 };
let streams: IncomingStream[] = [];
let wake: () => void = () => {};

serveCommands<ReceiverCommands>({
  async connect({ contestant: name, port, pairs }) {
    const indexes = Array.from({ length: pairs }, (_, index) => index);
    const clients = await Promise.all(
      indexes.map((index) => contestant(name).connect({ port, clientId: `receiver-${index}`, failed: giveUp })),
    );
    for (const client of clients) client.accept(begin);
  },

  expect(options) {
    expected = options;
    streams = [];
  },

  count: () => ({ at: performance.now(), bytes: streams.map((stream) => stream.received) }),

  readOn() {
    for (const stream of streams) stream.readOn();
  },

  async allEnded() {
    while (streams.length < expected.streams || !streams.every((stream) => stream.hasEnded)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return streams.reduce((sum, stream) => sum + stream.received, 0);
  },
});

function begin(brake: Brake): IncomingStream {
  const { readOnly = Number.POSITIVE_INFINITY } = expected;
  const stream = new IncomingStream({ brake, readOnly, chunk, ended: () => wake() });
  streams.push(stream);
  return stream;
}
