import { randomUUID } from 'node:crypto';
import { type ConnectOptions, connectClient } from './connect-client.js';

/** `p2p clients`: the connected clients but this one, one a line. */
export async function clients(options: ConnectOptions): Promise<void> {
  const self = `p2p-clients-${randomUUID()}`;
  const socket = await connectClient(self, options);
  try {
    const clientIds = await socket.getClientList();
    for (const clientId of clientIds.filter((id) => id !== self).sort()) console.log(clientId);
  } finally {
    socket.disconnect();
  }
}
