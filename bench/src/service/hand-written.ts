import { Server, type Socket as ServerSocket } from 'socket.io';
import type { Socket } from 'socket.io-client';
import { connectBare } from '../connect-clients.js';
import { type Hosting, PUBLISH_THERE, SERVICE_IDS, type ServiceContestant } from './service-contestant.js';

/** How long a client may take to answer, in ms. */
const CALL_TIMEOUT = 10_000;

const ROOMS: Readonly<Record<Hosting, string>> = { client: 'news-of-client', server: 'news-of-server' };

/** What one would write with Socket.IO alone. It checks nothing and trusts everyone. */
export const handWritten: ServiceContestant = {
  serve(httpServer) {
    const io = new Server(httpServer);
    const sockets = new Map<string, ServerSocket>();
    io.on('connection', (socket) => {
      const clientId: string = socket.handshake.auth.clientId;
      sockets.set(clientId, socket);
      socket.on('call', (to, argument, ack) => sockets.get(to)?.timeout(CALL_TIMEOUT).emit('echo', argument, ack));
      socket.on('call-server', (argument, ack) => ack(null, argument));
      socket.on('subscribe', (room, ack) => {
        socket.join(room);
        ack();
      });
      socket.on('publish', (value) => socket.to(ROOMS.client).emit(ROOMS.client, value));
      socket.on(PUBLISH_THERE, (value, times) => {
        for (let time = 0; time < times; time++) io.to(ROOMS.server).emit(ROOMS.server, value);
      });
      socket.on('disconnect', () => sockets.delete(clientId));
    });
    return io;
  },

  async connect(options) {
    const socket = await connectBare(options);
    return {
      call: (hosting, argument) =>
        hosting === 'client'
          ? answerTo(socket, 'call', SERVICE_IDS.client, argument)
          : answerTo(socket, 'call-server', argument),

      async subscribe(hosting, listener) {
        socket.on(ROOMS[hosting], listener);
        await socket.emitWithAck('subscribe', ROOMS[hosting]);
      },
    };
  },

  async host(options) {
    const socket = await connectBare({ ...options, clientId: SERVICE_IDS.client });
    socket.on('echo', (argument, ack) => ack(argument));
    return {
      publish(value, times) {
        for (let time = 0; time < times; time++) socket.emit('publish', value);
      },
      publishThere: (value, times) => socket.emit(PUBLISH_THERE, value, times),
    };
  },
};

/** The server's ack has the error first, as `timeout` gives it. */
function answerTo(socket: Socket, event: string, ...args: unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.emit(event, ...args, (error: unknown, result: unknown) => {
      if (error) reject(new Error(`No answer within ${CALL_TIMEOUT} ms`));
      else resolve(result);
    });
  });
}
