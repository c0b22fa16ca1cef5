import { SERVER_ERROR } from '../protocol/event-names.js';
import type { P2PError } from '../protocol/p2p-error.js';
import { type ConnectOptions, connectClient } from './connect-client.js';
import { linePrinter } from './line-printer.js';
import { notice } from './notice.js';
import { parseArgument } from './parse-argument.js';
import { printValues } from './print-values.js';

export interface SendOptions extends ConnectOptions {
  readonly as: string;
  readonly ack?: true;
}

/** `p2p send`: one event to one client; with `--ack` prints the answer, one JSON value a line. */
export async function send(target: string, event: string, json: string[], options: SendOptions): Promise<void> {
  const args = json.map(parseArgument);
  const socket = await connectClient(options.as, options);
  try {
    if (!options.ack) return await sendOnly(() => socket.emitTo(target, event, ...args), socket);
    const results = await new Promise<unknown[]>((resolve, reject) => {
      socket
        .with({ timeout: options.timeout })
        .emitTo(target, event, ...args, (error: P2PError | null, ...values: unknown[]) =>
          error ? reject(error) : resolve(values),
        );
    });
    await printValues(results, linePrinter());
    if (results.length === 0) notice(`acknowledged by ${target}`);
  } finally {
    socket.disconnect();
  }
}

/** A message without an ack has arrived at the relay, or has failed there, before a later question is answered. */
async function sendOnly(emit: () => void, socket: Awaited<ReturnType<typeof connectClient>>): Promise<void> {
  let failure: P2PError | undefined;
  socket.on(SERVER_ERROR, (error: P2PError) => {
    failure ??= error;
  });
  emit();
  await socket.isClientConnected(socket.clientId);
  if (failure) throw failure;
}
