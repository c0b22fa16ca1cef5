import { createRequire } from 'node:module';
import { EVENT } from './dialects.js';
import type { RecordedClient, SocketIoDialect } from './socket-io-wire.js';

/** The original plugin, with the Socket.IO 2 that it needs: a workspace of its own has them. */
const require = createRequire(new URL('../../original/package.json', import.meta.url));

type Plugin = (...args: unknown[]) => unknown;

interface OriginalSocket {
  readonly io: RecordedClient['io'];
  on(event: string, listener: () => void): void;
  emitTo(target: string, event: string, payload: unknown): void;
}

export function isOriginalInstalled(): boolean {
  try {
    require.resolve('@gigasource/socket.io-p2p-plugin');
    return true;
  } catch {
    return false;
  }
}

export function serveOriginal(httpServer: unknown): void {
  const io = require('socket.io')(httpServer, { serveClient: false });
  (require('@gigasource/socket.io-p2p-plugin').p2pServerPlugin as Plugin)(io);
}

export const ORIGINAL: SocketIoDialect = {
  path: (clientId) => `/socket.io/?EIO=3&transport=websocket&clientId=${clientId}`,
  connect: () => undefined,
  isReady: (text) => text === '40',
  pings: true,
  countText: (bytes, start) => {
    const head = bytes.toString('latin1', start, start + 48);
    return head.startsWith('42["') || head.startsWith('451-["') ? Number(head.includes(`"${EVENT}`)) : 0;
  },
  recorded: async ({ port, clientId }) => {
    const io = require('socket.io-client') as (url: string, options: object) => unknown;
    const raw = io(`http://127.0.0.1:${port}?clientId=${clientId}`, { transports: ['websocket'] });
    const plugin = require('@gigasource/socket.io-p2p-plugin').p2pClientPlugin as Plugin;
    const socket = plugin(raw, clientId) as OriginalSocket;
    await new Promise<void>((resolve) => socket.on('connect', resolve));
    // Before version 4 of its protocol, engine.io put the type before bytes too.
    const beforeBytes = Buffer.from([4]);
    return { io: socket.io, beforeBytes, emitTo: (target, payload) => socket.emitTo(target, EVENT, payload) };
  },
};
