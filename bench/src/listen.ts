import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Settles when the server can be reached, on this machine alone. */
export async function listen(httpServer: HttpServer): Promise<{ readonly port: number }> {
  httpServer.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  return { port: (httpServer.address() as AddressInfo).port };
}
