import { connectBare, connectOurs } from '../connect-clients.js';
import type { RecordedClient, SocketIoDialect } from './socket-io-wire.js';
import type { WireOptions } from './wire.js';

/** The event that the load sends. */
export const EVENT = 'data';

const EIO4 = '/socket.io/?EIO=4&transport=websocket';

const isConnected = (text: string) => text.startsWith('40{"sid"');

const startsWith = (prefix: string) => (bytes: Buffer, start: number) =>
  bytes.toString('latin1', start, start + prefix.length) === prefix ? 1 : 0;

const countEvents = startsWith(`42["${EVENT}"`);
const countBinaryEvents = startsWith(`451-["${EVENT}"`);

const countAnyEvents = (bytes: Buffer, start: number) => countEvents(bytes, start) + countBinaryEvents(bytes, start);

/** Records of a frame that carry a packet, whatever is in it. */
function countRecords(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let at = start + 3; at < end; at += 4 + bytes.readUInt32LE(at)) if (bytes.readUInt32LE(at + 4) !== 0) count++;
  return count;
}

/** This library on both ends. */
export const OURS: SocketIoDialect = {
  path: () => EIO4,
  connect: (clientId) => announcement(clientId, { frames: 1 }),
  isReady: (text) => text.startsWith('42["P2P",null,["welcome"'),
  countText: () => 0,
  countBinary: countRecords,
  recorded: (options) => recordOurs(options, { frames: true }),
};

/** The same without frames: each packet is an event of Socket.IO. Only of JSON. */
export const OURS_EVENTS: SocketIoDialect = {
  path: OURS.path,
  connect: (clientId) => announcement(clientId, {}),
  isReady: OURS.isReady,
  countText: startsWith('42["P2P","'),
  recorded: (options) => recordOurs(options, { frames: false }),
};

function announcement(clientId: string, frames: { readonly frames?: 1 }): string {
  return `0${JSON.stringify({ clientId, p2p: { version: 1, secret: clientId, ...frames } })}`;
}

async function recordOurs(options: WireOptions, { frames }: { readonly frames: boolean }): Promise<RecordedClient> {
  const socket = await connectOurs(options, { frames });
  return { io: socket.io as never, emitTo: (target, payload) => socket.emitTo(target, EVENT, payload) };
}

/** Clients without this library, on a server with it. */
export const OURS_PLAIN: SocketIoDialect = {
  path: () => EIO4,
  connect: (clientId) => `0${JSON.stringify({ clientId })}`,
  isReady: isConnected,
  countText: countAnyEvents,
  recorded: async (options) => {
    const socket = await connectBare(options);
    return {
      io: socket.io as never,
      emitTo: (targetClientId, payload) => socket.emit('P2P_EMIT', { targetClientId, event: EVENT, args: [payload] }),
    };
  },
};

/** A few lines with Socket.IO alone. */
export const HAND_WRITTEN: SocketIoDialect = {
  ...OURS_PLAIN,
  recorded: async (options) => {
    const socket = await connectBare(options);
    return { io: socket.io as never, emitTo: (target, payload) => socket.emit('relay', target, EVENT, payload) };
  },
};
