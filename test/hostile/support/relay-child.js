import { subscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { p2pServerPlugin } from 'socket.io-p2p-plugin/server';
import { answerParent } from './answer-parent.js';

const { socketIo, plugin, frozen, leaky } = JSON.parse(process.argv[2] ?? '{}');

/** @type {string[]} */
const faults = [];
process.on('uncaughtException', (error) => faults.push(`uncaughtException: ${error?.stack ?? error}`));
process.on('unhandledRejection', (error) => faults.push(`unhandledRejection: ${error}`));

/**
 * Decide by what the client says, and put all they know into what they throw.
 * @type {import('socket.io-p2p-plugin/server').P2PServerOptions}
 */
const leakyHooks = {
  authenticate: ({ auth }, { socket }) => {
    const fault = new Error(`Bad token ${auth.token} in ${JSON.stringify(auth)}`);
    const isFirst = !socket.data.seen;
    socket.data.seen = true;
    if (auth.how === 'throw') throw fault;
    if (auth.how === 'reject') return Promise.reject(fault);
    if (auth.how === 'nonsense') return auth.token.repeat(100);
    if (auth.how === 'late') return new Promise((_resolve, reject) => setTimeout(reject, 100, fault));
    if (auth.how === 'once' && !isFirst) throw fault;
    return auth.clientId;
  },
  authorize: ({ client, target, event }) => {
    const fault = new Error(`${client.clientId} wants ${target}, knows ${client.socket.handshake.auth.thrown}`);
    if (event === 'throw') throw fault;
    if (event === 'never') return new Promise(() => {});
    return event === 'reject' ? Promise.reject(fault) : event !== 'deny';
  },
};

/** All that was published on the channel, as JSON. @type {string[]} */
const published = [];
if (leaky) subscribe('socket.io-p2p-plugin', (diagnostic) => published.push(JSON.stringify(diagnostic)));

const httpServer = createServer((_request, response) => response.writeHead(404).end());
const server = p2pServerPlugin(new Server(httpServer, socketIo), {
  isService: true,
  authenticate: false,
  ...(leaky && leakyHooks),
  ...plugin,
});
const clock = server.asService('clock');
let calls = 0;
clock.provideService('echo', (...args) => {
  calls++;
  return args;
});
clock.provideService('fail', () => {
  throw new TypeError('The handler has a fault');
});
clock.provideService('count', async (items) => {
  let count = 0;
  for await (const _ of items) count++;
  return count;
});
clock.createTopic('ticks');

/** @type {string[]} */
const heard = [];

await new Promise((resolve) => httpServer.listen(0, () => resolve(undefined)));
// What is loaded, is loaded: from here on nothing has a reason to change it.
if (frozen) for (const { prototype } of [Object, Array, Function]) Object.freeze(prototype);

answerParent({
  port: () => /** @type {import('node:net').AddressInfo} */ (httpServer.address()).port,
  memory: () => {
    for (let round = 0; round < 3; round++) globalThis.gc?.();
    return process.memoryUsage();
  },
  clients: () => server.getAllClientId(),
  socketIds: () => Object.fromEntries(server.getAllClientId().map((id) => [id, server.getSocketIdByClientId(id)])),
  stats: () => server.stats,
  published: () => published,
  kick: (clientId, reason) => server.kick(clientId, reason),
  faults: () => faults,
  calls: () => calls,
  subscribe: async (service, topic) => {
    await server.subscribeTopic(service, topic, (value) => heard.push(String(value))).ready;
  },
  heard: () => heard,
  polluted: () => [...new Set([...Object.keys({}), ...inherited({}), ...inherited([])])],
  emitError: (clientId, text) => server.emitError(server.getSocketIdByClientId(clientId) ?? '', new Error(text)),
});

/** @param {object} value */
function inherited(value) {
  const names = [];
  for (const name in value) names.push(name);
  return names;
}
