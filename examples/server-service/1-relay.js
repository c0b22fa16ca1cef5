import { createServer } from 'node:http';
import { setInterval, setTimeout } from 'node:timers/promises';
import { Server } from 'socket.io';
import { p2pServerPlugin } from 'socket.io-p2p-plugin/server';

const httpServer = createServer();
// Here each client may name itself; the example authentication shows how they prove who they are.
const io = p2pServerPlugin(new Server(httpServer), { isService: true, authenticate: false });

// To clients this is a service like any other. None of them can have its id.
const clock = io.asService('clock');

clock.provideService('time', () => new Date().toISOString());

// A generator answers item by item, as fast as the caller takes them, and is stopped when the caller leaves.
clock.provideService('ticks', async function* (pause) {
  console.log(`${this.caller} listens to the ticks`);
  let tick = 0;
  try {
    for await (const _ of setInterval(pause)) yield ++tick;
  } finally {
    console.log(`${this.caller} has heard enough`);
  }
});

// The signal aborts when nobody waits any more: then the work can end, too.
clock.provideService('alarm', async function (delay) {
  try {
    return await setTimeout(delay, 'Wake up!', { signal: this.signal });
  } catch {
    console.log(`${this.caller} waits no longer`);
    throw this.signal.reason;
  }
});

io.on('connection', (socket) => console.log(`${io.getClientIdBySocketId(socket.id)} is connected`));

httpServer.listen(Number(process.env.P2P_PORT ?? 9000), () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (httpServer.address());
  console.log(`ready http://localhost:${port}`);
});
