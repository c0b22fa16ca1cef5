import type { P2PClientSocket } from '../client/p2p-client-plugin.js';
import { type ConnectOptions, connectClient } from './connect-client.js';
import { formatJson, formatName } from './format-json.js';
import { linePrinter } from './line-printer.js';
import { notice } from './notice.js';
import { whileConnected } from './while-connected.js';

export interface ListenOptions extends ConnectOptions {
  readonly as: string;
}

/** `p2p listen`: prints what arrives, `SENDER EVENT JSON…`, until SIGINT or SIGTERM. */
export async function listen({ as, ...options }: ListenOptions): Promise<void> {
  const socket = await connectClient(as, options);
  await whileConnected(socket, (signal) => {
    const printing = printMessages(socket, signal);
    notice(`listening as ${as} on ${options.url}`);
    return printing;
  });
}

/** Acknowledges what it has printed. */
function printMessages(socket: P2PClientSocket, signal: AbortSignal): Promise<never> {
  const print = linePrinter(signal);
  return new Promise((_resolve, reject) => {
    socket.onMessage(({ from, event, args, ack }) => {
      print([...[from, event].map(formatName), ...args.map(formatJson)].join(' '))
        .then(() => ack?.())
        .catch(reject);
    });
  });
}
