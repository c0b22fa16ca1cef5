import type { Server as HttpServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { upgradedConnection } from './raw-connection.js';
import { BINARY, maskedFrame, messagesOf } from './websocket-bytes.js';
import type { WireKind } from './wire.js';
import { WrittenWire } from './written-wire.js';

/** `[length of the id: u8][id][payload]`: whom it is for, and from whom it is. */
function addressed(id: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([id.length]), Buffer.from(id), payload]);
}

/** A relay with `ws` alone: a frame in, a frame out. */
export function serveRawWs(httpServer: HttpServer): void {
  const sockets = new Map<string, WebSocket>();
  new WebSocketServer({ server: httpServer, perMessageDeflate: false }).on('connection', (ws, request) => {
    const id = request.url!.slice(1);
    sockets.set(id, ws);
    ws.on('message', (data: Buffer) => {
      const end = 1 + data[0]!;
      const target = sockets.get(data.toString('latin1', 1, end));
      if (target?.readyState === WebSocket.OPEN) target.send(addressed(id, data.subarray(end)));
    });
    ws.on('close', () => sockets.delete(id));
  });
}

export const RAW_WS: WireKind = {
  connect: async ({ port, clientId, partner, failed }) => {
    const wire: WrittenWire = new WrittenWire((payload) => maskedFrame(BINARY, addressed(partner ?? '', payload)));
    const scan = messagesOf(() => wire.count());
    const received = (piece: Buffer) => {
      scan(piece);
      wire.tell();
    };
    wire.socket = await upgradedConnection(`/${clientId}`, { port, received, failed });
    return wire;
  },
};
