import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Server, type Socket as ServerSocket } from 'socket.io';
import type { Socket } from 'socket.io-client';
import { type ConnectOptions, connectBare } from '../connect-clients.js';
import type { Brake, Inlet, Outlet, StreamClient, StreamContestant } from './stream-contestant.js';

/** Chunks that are emitted in one turn: the websocket gets none of them before the turn is over. */
const BURST = 8;

/** Plain binary emits: nothing tells the sender what the relay or the receiver can take. */
export const plainEmits: StreamContestant = {
  serve,
  connect: (options) => connect(options, plainOutlet),
};

/** The classic way: the next chunk goes when the receiver has answered the last one. */
export const chunkAndAck: StreamContestant = {
  serve,
  connect: (options) => connect(options, ackedOutlet),
};

/** What one would write with Socket.IO alone. */
function serve(httpServer: HttpServer): void {
  const sockets = new Map<string, ServerSocket>();
  new Server(httpServer).on('connection', (socket) => {
    const clientId: string = socket.handshake.auth.clientId;
    sockets.set(clientId, socket);
    socket.on('chunk', (to, bytes) => sockets.get(to)?.emit('chunk', bytes));
    socket.on('acked-chunk', (to, bytes, ack) => sockets.get(to)?.emit('acked-chunk', bytes, ack));
    socket.on('end', (to) => sockets.get(to)?.emit('end'));
    socket.on('ask', (to, ack) => sockets.get(to)?.emit('ask', ack));
    socket.on('disconnect', () => sockets.delete(clientId));
  });
}

async function connect(options: ConnectOptions, outlet: (socket: Socket, to: string) => Outlet): Promise<StreamClient> {
  const socket = await connectBare(options);
  socket.on('ask', (ack) => ack());
  return {
    open: async (to) => outlet(socket, to),
    accept: (begin) => receive(socket, begin),
    ask: (to) => socket.emitWithAck('ask', to),
  };
}

/** Emits as fast as the sender's own connection takes it. */
function plainOutlet(socket: Socket, to: string): Outlet {
  let written = 0;
  return {
    write: (chunk) => {
      socket.emit('chunk', to, chunk);
      return ++written % BURST !== 0;
    },
    drained: () => drainedTcp(socket),
    end: () => socket.emit('end', to),
  };
}

function ackedOutlet(socket: Socket, to: string): Outlet {
  let acked: Promise<unknown> = Promise.resolve();
  return {
    write: (chunk) => {
      acked = socket.emitWithAck('acked-chunk', to, chunk);
      return false;
    },
    drained: () => acked,
    end: () => socket.emit('end', to),
  };
}

/** One stream at a time: the relay tells no two apart. */
function receive(socket: Socket, begin: (brake: Brake) => Inlet): void {
  let inlet: Inlet | undefined;
  const take = (bytes: Uint8Array) => {
    inlet ??= begin(NO_BRAKE);
    inlet.take(bytes);
  };
  socket.on('chunk', take);
  socket.on('acked-chunk', (bytes, ack) => {
    take(bytes);
    ack();
  });
  socket.on('end', () => {
    inlet?.ended();
    inlet = undefined;
  });
}

/** An event comes when it comes. */
const NO_BRAKE: Brake = { pause: () => {}, resume: () => {} };

/**
 * On a client the engine's own drain is fake: all is written to the websocket at once. The TCP connection below
 * tells when the system has taken everything, with megabytes still to go, so waiting for it costs no throughput.
 */
async function drainedTcp(socket: Socket): Promise<void> {
  await nextTurn();
  const { transport } = socket.io.engine as unknown as {
    readonly transport: { readonly ws: { readonly _socket: Writable } };
  };
  const tcp = transport.ws._socket;
  if (tcp.writableNeedDrain) await once(tcp, 'drain');
}
