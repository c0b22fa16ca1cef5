import type { Server } from 'socket.io';
import { OURS, OURS_EVENTS } from '../wire/dialects.js';
import { socketIoWires } from '../wire/socket-io-wire.js';
import type { WireKind } from '../wire/wire.js';

/** This library, and this library with one of its tricks switched off. */
export const TRICK_WIRES = {
  'all on': socketIoWires('all on', OURS),
  'one message to a frame': socketIoWires('one message to a frame', { ...OURS, oneByOne: true }),
  'by engine.io': socketIoWires('by engine.io', OURS),
  'masks of ws': socketIoWires('masks of ws', OURS),
  events: socketIoWires('events', OURS_EVENTS),
} as const satisfies Record<string, WireKind>;

export type TrickName = keyof typeof TRICK_WIRES;

export const TRICK_NAMES = Object.keys(TRICK_WIRES) as TrickName[];

/** The part of `ws` that takes frames apart. */
interface Receiver {
  consume?: unknown;
}

/** Takes from a server the trick that the name says; others are a matter of the clients. */
export function switchOff(io: Server, name: string): void {
  if (name === 'by engine.io') {
    // Where somebody looks at what is written, all of it goes through engine.io.
    io.engine.on('connection', (connection) => connection.on('packetCreate', () => {}));
  } else if (name === 'masks of ws') {
    io.on('connection', ({ conn }) => {
      const { socket } = conn.transport as unknown as { socket: { readonly _receiver: Receiver } };
      if (!Object.hasOwn(socket._receiver, 'consume')) throw new Error('Frames are unmasked by ws as it is');
      delete socket._receiver.consume;
    });
  }
}
