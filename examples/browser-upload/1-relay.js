import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { p2pServerPlugin } from 'socket.io-p2p-plugin/server';

const httpServer = createServer();
// The page comes from another port: a browser lets it read what this server answers only if that says so.
const cors = { origin: /^http:\/\/localhost:\d+$/ };
// Here each client may name itself; the example authentication shows how they prove who they are.
const io = p2pServerPlugin(new Server(httpServer, { cors }), { authenticate: false });

httpServer.listen(Number(process.env.P2P_PORT ?? 9000), () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (httpServer.address());
  console.log(`ready http://localhost:${port}`);
});

io.on('connection', (socket) => {
  const clientId = io.getClientIdBySocketId(socket.id);
  console.log(`${clientId} is connected`);
  socket.once('disconnect', () => console.log(`${clientId} has disconnected`));
});
