import { isAsyncIterable } from '../async/iterables.js';
import type { P2PClientSocket } from '../client/p2p-client-plugin.js';
import type { CallOptions } from '../peer/call-arguments.js';
import { P2PError } from '../protocol/p2p-error.js';
import { CliError } from './cli-error.js';
import { type ConnectOptions, connectClient, leaveRelay } from './connect-client.js';
import { linePrinter } from './line-printer.js';
import { parseArgument } from './parse-argument.js';
import { printValues } from './print-values.js';
import { readJsonLines, stopReading } from './read-json-lines.js';
import { untilInterrupted } from './until-interrupted.js';

export interface ServiceCallOptions extends ConnectOptions {
  readonly as: string;
  /** Whether stdin has more to send. */
  readonly items?: true;
}

/** `p2p call`: calls an API of a service, and prints what it answers or yields, one JSON value a line. */
export async function call(service: string, api: string, json: string[], options: ServiceCallOptions): Promise<void> {
  const { as, items, timeout } = options;
  const args: unknown[] = json.map(parseArgument);
  if (items) args.push(readJsonLines());
  const socket = await connectClient(as, options);
  try {
    await untilInterrupted(async (signal) => {
      const results = await callService(socket, { timeout, signal }, [service, api, ...args]);
      await printValues(results, linePrinter(signal));
    });
  } catch (error) {
    // What has gone wrong with stdin breaks the call off.
    throw error instanceof P2PError && error.cause instanceof CliError ? error.cause : error;
  } finally {
    if (items) stopReading();
    await leaveRelay(socket);
  }
}

/** All results, of which an ack can have several; of an API that yields, its items. */
function callService(
  socket: P2PClientSocket,
  options: CallOptions,
  [service, api, ...args]: readonly [service: string, api: string, ...args: unknown[]],
): Promise<AsyncIterable<unknown> | Iterable<unknown>> {
  return new Promise((resolve, reject) => {
    socket.with(options).emitService(service, api, ...args, (error: P2PError | null, ...results: unknown[]) => {
      const [first] = results;
      if (error) reject(error);
      else resolve(isAsyncIterable(first) ? first : results);
    });
  });
}
