// One server of a cluster: a process of its own, which the tests tell what to do.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { p2pServerPlugin } from '../../../dist/server/index.js';
import { adapterFor } from './adapters.js';

const { P2P_OPTIONS: options = '{}', P2P_ADAPTER: name = 'cluster', P2P_REDIS: redisUrl = '' } = process.env;
const { adapter, settings, redis } = await adapterFor(name, redisUrl);
const httpServer = createServer();
const io = new Server(httpServer, { adapter });
const server = p2pServerPlugin(io, {
  authenticate: false,
  cluster: true,
  isService: true,
  ...settings,
  ...JSON.parse(options),
});

// A middleware after the plugin, which has let the client pass.
io.use((socket, next) => {
  const { clientId } = socket.handshake.auth;
  next(clientId !== undefined && clientId === process.env.P2P_REFUSES ? new Error('refused') : undefined);
});

/**
 * What the tests may ask for.
 * @type {Record<string, (...args: any[]) => unknown>}
 */
const calls = {
  clients: () => server.getAllClientId(),
  socketId: (clientId) => server.getSocketIdByClientId(clientId),
  emitTo: (clientId, event, ...args) => server.emitTo(clientId, event, ...args),
  emitToWithAck: (clientId, event, ...args) => server.emitToWithAck(clientId, event, ...args),
  kick: (clientId, reason) => server.kick(clientId, reason),
  removeClient: (clientId) => server.removeClient(clientId),
  nodes: () => server.stats.nodes,
  claims: () => redis?.hLen(`{${process.env.P2P_PREFIX}#/}ids`),
  drain: (options) => server.drain(options),
  close: () => io.close(),
};

/** @param {object} message */
const tell = (message) => process.send?.(message);

process.on('message', async (/** @type {{ id: number, call: string, args: unknown[] }} */ { id, call, args }) => {
  const run = Object.hasOwn(calls, call) ? calls[call] : undefined;
  if (!run) return;
  try {
    tell({ id, value: await run(...args) });
  } catch (error) {
    const { code, message } = /** @type {import('../../../src/protocol/p2p-error.js').P2PError} */ (error);
    tell({ id, error: { code, message } });
  }
});

httpServer.listen({ port: 0, host: 'localhost', exclusive: true }, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (httpServer.address());
  tell({ listening: port, pid: process.pid });
});
