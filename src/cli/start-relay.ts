import { createServer, type Server as HttpServer } from 'node:http';
import type { Server } from 'socket.io';
import { p2pServerPlugin } from '../server/p2p-server-plugin.js';
import type { Joint } from './join-relays.js';
import { loadSocketIo } from './load-peer-dependency.js';

/** What `p2p serve` runs, once or in each of its workers. */
export interface Relay {
  readonly httpServer: HttpServer;
  readonly io: Server;
  close(): Promise<void>;
}

/** A relay that does not listen yet. */
export async function startRelay(joint?: Joint): Promise<Relay> {
  const { Server } = await loadSocketIo();
  const httpServer = createServer((_request, response) => response.writeHead(404).end());
  const io = new Server(httpServer, joint ? { adapter: joint.adapter } : {});
  p2pServerPlugin(io, { authenticate: false, cluster: joint?.cluster ?? false });
  const close = async () => {
    joint?.leaving();
    await io.close();
    joint?.left();
  };
  return { httpServer, io, close };
}
