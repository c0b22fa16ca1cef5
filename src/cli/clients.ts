import { type ConnectOptions, connectClient } from './connect-client.js';
import { linePrinter } from './line-printer.js';
import { temporaryId } from './temporary-id.js';

/** `p2p clients`: the connected clients but this one, one a line. */
export async function clients(options: ConnectOptions): Promise<void> {
  const self = temporaryId('clients');
  const socket = await connectClient(self, options);
  try {
    const clientIds = await socket.getClientList();
    const print = linePrinter();
    for (const clientId of clientIds.filter((id) => id !== self).sort()) await print(clientId);
  } finally {
    socket.disconnect();
  }
}
