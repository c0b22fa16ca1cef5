import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { p2pServerPlugin } from 'socket.io-p2p-plugin/server';

const [, , name] = process.argv;
const { REDIS_URL: url = 'redis://localhost:6379' } = process.env;

const redis = createClient({ url });
// While it is away, all go on by themselves: the client of Redis connects again.
redis.on('error', () => {});
await redis.connect();

const httpServer = createServer();
const io = p2pServerPlugin(new Server(httpServer, { adapter: createAdapter(redis) }), {
  // Here each client may name itself; the example authentication shows how they prove who they are.
  authenticate: false,
  // All that it takes: servers with the same Redis find each other, and so do their clients.
  cluster: { redis },
});

io.on('connection', (socket) => {
  console.log(`${name}: ${io.getClientIdBySocketId(socket.id)} is connected`);
  // Only here: a node that is killed says nothing to anybody any more.
  socket.on('kill node', () => process.kill(process.pid, 'SIGKILL'));
});

// A node that is closed says so: the others wait for none of its clients.
const close = () => io.close(() => process.exit());
for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(event, close);

httpServer.listen(0, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (httpServer.address());
  process.send?.(port);
});
