import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';
import type { ConnectOptions } from '../connect-clients.js';
import { outletOf, readInto } from './duplex-ends.js';
import type { Brake, Inlet, StreamContestant } from './stream-contestant.js';

const WS_OPTIONS = { perMessageDeflate: false };

/** No Socket.IO: a websocket for each stream, piped to a websocket of the receiver that waits for it. */
export const rawWs: StreamContestant = {
  serve,

  async connect(options) {
    return {
      async open(to) {
        const ws = await openSocket(options.port, { to });
        return outletOf(createWebSocketStream(ws), options.failed);
      },
      accept: (begin) => void waitForStream(options, begin).catch(options.failed),
      ask: () => Promise.reject(new Error('A raw stream carries no messages')),
    };
  },
};

/** Pairs who wants to send with who waits under that name. */
function serve(httpServer: HttpServer): void {
  const waiting = new Map<string, WebSocket>();
  new WebSocketServer({ ...WS_OPTIONS, server: httpServer }).on('connection', (ws, request) => {
    const { searchParams } = new URL(request.url!, 'ws://localhost');
    const to = searchParams.get('to');
    const as = searchParams.get('as');
    if (as !== null) waiting.set(as, ws);
    const target = to === null ? undefined : waiting.get(to);
    if (to !== null && !target) ws.terminate();
    if (!target) return;
    createWebSocketStream(ws).pipe(createWebSocketStream(target)).resume();
  });
}

/** Has one websocket wait; when its stream has ended, the next one waits before that is told. */
async function waitForStream(options: ConnectOptions, begin: (brake: Brake) => Inlet): Promise<void> {
  const ws = await openSocket(options.port, { as: options.clientId });
  const duplex = createWebSocketStream(ws);
  let inlet: Inlet | undefined;
  const take = (bytes: Uint8Array) => {
    inlet ??= begin(duplex);
    inlet.take(bytes);
  };
  const ended = () => void waitForStream(options, begin).then(() => inlet?.ended(), options.failed);
  readInto(duplex, { take, ended }, options.failed);
}

async function openSocket(port: number, query: Record<string, string>): Promise<WebSocket> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/?${new URLSearchParams(query)}`, WS_OPTIONS);
  await once(ws, 'open');
  return ws;
}
