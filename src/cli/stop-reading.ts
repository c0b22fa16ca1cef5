import type { Server, Socket } from 'node:net';

/** Of a request with a body, which @socket.io/sticky reads here, and passes on piece by piece. */
const BODY = /content-length:|transfer-encoding:/i;

/**
 * Reads no more than the first bytes of a connection that `@socket.io/sticky` gives to another process. Until that has
 * it, this one would go on to read, and what comes in the meantime would be lost.
 */
export function stopReadingWhenPassedOn(httpServer: Server): void {
  httpServer.on('connection', (socket: Socket & { readonly _handle?: { readStop(): void } | null }) => {
    // It has taken it away from the socket when its own listener has been called.
    const handle = socket._handle;
    socket.once('data', (chunk: Buffer) => {
      const header = chunk.subarray(0, chunk.indexOf('\r\n\r\n')).toString('latin1');
      if (!BODY.test(header)) handle?.readStop();
    });
  });
}
