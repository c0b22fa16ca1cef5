import type { ServiceConsumer } from 'socket.io-p2p-plugin/client';
import { WORKER_PREFIX } from './contract.js';

/** The ids of the registry workers that are connected. */
export async function workersOf(consumer: ServiceConsumer): Promise<string[]> {
  const services = await consumer.getServiceList();
  return services.filter((id) => id.startsWith(WORKER_PREFIX));
}
