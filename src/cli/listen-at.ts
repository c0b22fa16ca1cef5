import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError } from './cli-error.js';

/** Where a relay listens. */
export interface ListenAddress {
  readonly port: number;
  readonly host: string;
}

/** @returns the URL by which clients reach it */
export async function listenAt(httpServer: Server, { port, host }: ListenAddress): Promise<string> {
  httpServer.listen(port, host);
  await once(httpServer, 'listening').catch((error) => {
    throw explain(error, port, host);
  });
  const address = httpServer.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

function explain(error: NodeJS.ErrnoException, port: number, host: string): Error {
  if (error.code === 'EADDRINUSE') return new CliError(`port ${port} is in use: choose another with --port`);
  if (error.code === 'EACCES') return new CliError(`port ${port} may not be used: choose another with --port`);
  return new CliError(`cannot listen on ${host}:${port}: ${error.message}`);
}
