import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { p2pServerPlugin } from 'socket.io-p2p-plugin/server';
import { answerParent } from './answer-parent.js';

const { socketIo, plugin, frozen } = JSON.parse(process.argv[2] ?? '{}');

/** @type {string[]} */
const faults = [];
process.on('uncaughtException', (error) => faults.push(`uncaughtException: ${error?.stack ?? error}`));
process.on('unhandledRejection', (error) => faults.push(`unhandledRejection: ${error}`));

const httpServer = createServer((_request, response) => response.writeHead(404).end());
const server = p2pServerPlugin(new Server(httpServer, socketIo), { isService: true, authenticate: false, ...plugin });
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
  stats: () => ('stats' in server ? server.stats : null),
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
