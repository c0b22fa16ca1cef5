import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { p2pServerPlugin } from 'socket.io-p2p-plugin/server';

const httpServer = createServer();
// Here each client may name itself; the example authentication shows how they prove who they are.
const io = p2pServerPlugin(new Server(httpServer), { authenticate: false });

io.on('connection', (socket) => console.log(`${io.getClientIdBySocketId(socket.id)} is connected`));

httpServer.listen(Number(process.env.P2P_PORT ?? 9000), () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (httpServer.address());
  console.log(`ready http://localhost:${port}`);
});
