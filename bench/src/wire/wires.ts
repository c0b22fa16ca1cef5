import { TRICK_WIRES } from '../trick/tricks.js';
import { HAND_WRITTEN, OURS, OURS_PLAIN } from './dialects.js';
import { type ForeignName, ForeignServer } from './foreign-server.js';
import { MQTT } from './mqtt-wire.js';
import { NATS } from './nats-wire.js';
import { isOriginalInstalled, ORIGINAL } from './original.js';
import { RAW_WS } from './raw-ws-wire.js';
import { realClients } from './real-wire.js';
import { socketIoWires } from './socket-io-wire.js';
import type { WireKind } from './wire.js';

/** Who relays: this library with and without the plugin in clients, and what does a similar job. */
export const WIRES = {
  ours: socketIoWires('ours', OURS),
  'plain clients': socketIoWires('plain', OURS_PLAIN),
  'hand-written': socketIoWires('hand-written', HAND_WRITTEN),
  original: socketIoWires('original', ORIGINAL),
  'ours, real clients': realClients('ours'),
  'hand-written, real clients': realClients('hand-written'),
  'raw ws': RAW_WS,
  NATS,
  Mosquitto: MQTT,
} as const satisfies Record<string, WireKind>;

export type WireName = keyof typeof WIRES;

export const WIRE_NAMES = Object.keys(WIRES) as WireName[];

/** Of every suite. */
export const ALL_WIRES = { ...WIRES, ...TRICK_WIRES } as const;

export type AnyWireName = keyof typeof ALL_WIRES;

/** Those that are programs of their own. */
export const FOREIGN_WIRES: { readonly [Name in AnyWireName]?: ForeignName } = { NATS: 'nats', Mosquitto: 'mosquitto' };

/** Those that can be run on this machine. */
export function availableWires(): WireName[] {
  return WIRE_NAMES.filter((name) => {
    if (name === 'original') return isOriginalInstalled();
    const foreign = FOREIGN_WIRES[name];
    return foreign === undefined || ForeignServer.isInstalled(foreign);
  });
}
