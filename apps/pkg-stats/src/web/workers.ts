import type { P2PServer } from 'socket.io-p2p-plugin/server';
import { WORKER_PREFIX } from '../contract.js';

/** The registry workers that are connected. */
export async function workersOf(io: P2PServer): Promise<string[]> {
  const services = await io.getServiceList();
  return services.filter((id) => id.startsWith(WORKER_PREFIX));
}
