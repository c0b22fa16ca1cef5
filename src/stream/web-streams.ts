import type { P2PError } from '../protocol/p2p-error.js';
import type { StreamEnd } from './stream-end.js';
import { whenAborted } from './stream-error.js';

/** A stream as the web has it: a pair of a `ReadableStream` and a `WritableStream`. */
export interface WebStreams {
  /** `Uint8Array`s, or objects in object mode. Cancelling it resets the stream. */
  readonly readable: ReadableStream<unknown>;
  /** Takes strings and bytes, or objects in object mode. Closing it ends this direction, aborting it resets the stream. */
  readonly writable: WritableStream<unknown>;
  /** Resolves when both directions have ended, rejects with the `P2PError` when the stream has failed. */
  readonly closed: Promise<void>;
  /** Ends the stream in both directions, at both ends; without a reason with `STREAM_RESET`. */
  reset(reason?: unknown): void;
}

/** A pair of web streams on one end of a stream (CS-1). */
export function createWebStreams(end: StreamEnd, signal?: AbortSignal): WebStreams {
  let source: ReadableStreamDefaultController | undefined;
  let sink: WritableStreamDefaultController | undefined;
  let changed = () => {};
  let failed: (error: P2PError) => void = () => {};
  const reset = (reason: unknown) => {
    end.reset(reason);
    if (end.failure) failed(end.failure);
  };
  const readable = new ReadableStream<unknown>(
    {
      start: (controller) => {
        source = controller;
      },
      pull: async (controller) => {
        let item = end.take();
        while (!item && !end.atEnd && !end.failure) {
          await new Promise<void>((resolve) => {
            changed = resolve;
          });
          item = end.take();
        }
        if (item) controller.enqueue(item.value);
        else if (!end.failure) controller.close();
      },
      cancel: reset,
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<unknown>({
    start: (controller) => {
      sink = controller;
    },
    write: (chunk) => writeTo(end, chunk, reset),
    close: () => end.finish(),
    abort: reset,
  });
  const closed = new Promise<void>((resolve, reject) => {
    failed = (error) => {
      source?.error(error);
      sink?.error(error);
      reject(error);
      changed();
    };
    end.attach({ readable: () => changed(), closed: resolve, failed: (error) => failed(error) });
  });
  const forget = signal ? whenAborted(signal, reset) : () => {};
  // Who does not look at it need not hear of it.
  closed.then(forget, forget);
  return { readable, writable, closed, reset };
}

function writeTo(end: StreamEnd, chunk: unknown, reset: (reason: unknown) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    end.write([chunk], (error) => {
      if (!error) return resolve();
      reject(error);
      // What cannot be written ends the stream, as it does Node's.
      reset(error);
    });
  });
}
