import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { p2pServerPlugin } from '../server/p2p-server-plugin.js';
import { CliError } from './cli-error.js';
import { loadSocketIo } from './load-peer-dependency.js';
import { untilSignal } from './until-signal.js';

export interface ServeOptions {
  readonly port: number;
  readonly host: string;
}

/** `p2p serve`: a ready relay, until SIGINT or SIGTERM. */
export async function serve({ port, host }: ServeOptions): Promise<void> {
  const { Server } = await loadSocketIo();
  const httpServer = createServer((_request, response) => response.writeHead(404).end());
  const io = p2pServerPlugin(new Server(httpServer), { authenticate: false });
  httpServer.listen(port, host);
  await once(httpServer, 'listening').catch((error) => {
    throw explain(error, port, host);
  });
  const address = httpServer.address() as AddressInfo;
  console.log(howToTalkTo(`http://${host.includes(':') ? `[${host}]` : host}:${address.port}`));
  await untilSignal();
  console.log('closing');
  await io.close();
}

function howToTalkTo(url: string): string {
  return [
    `relay listening on ${url}`,
    'Clients name themselves: for networks where you trust everyone.',
    '',
    'Talk to it from two other terminals:',
    `  npx p2p listen --as alice --url ${url}`,
    `  npx p2p send --as bob --url ${url} alice hello '"hi"' --ack`,
    '',
    'Stop it with Ctrl+C.',
  ].join('\n');
}

function explain(error: NodeJS.ErrnoException, port: number, host: string): Error {
  if (error.code === 'EADDRINUSE') return new CliError(`port ${port} is in use: choose another with --port`);
  if (error.code === 'EACCES') return new CliError(`port ${port} may not be used: choose another with --port`);
  return new CliError(`cannot listen on ${host}:${port}: ${error.message}`);
}
