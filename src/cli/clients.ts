import { type ConnectOptions, connectClient } from './connect-client.js';
import { linePrinter } from './line-printer.js';
import { temporaryId } from './temporary-id.js';

export interface ClientsOptions extends ConnectOptions {
  readonly as?: string;
}

/** `p2p clients`: the connected clients but this one, one a line. */
export async function clients({ as = temporaryId('clients'), ...options }: ClientsOptions): Promise<void> {
  const socket = await connectClient(as, options);
  try {
    const clientIds = await socket.getClientList();
    const print = linePrinter();
    for (const clientId of clientIds.filter((id) => id !== as).sort()) await print(clientId);
  } finally {
    socket.disconnect();
  }
}
