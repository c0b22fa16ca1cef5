import { canTap, tapFrames } from '../protocol/frame-tap.js';
import { decoderOf, type RawSocket } from './raw-socket.js';

/** Takes a frame of its lane. */
export type FrameListener = (frame: Uint8Array) => void;

const managers = new WeakMap<object, Map<number, FrameListener>>();

let wasNoticed = false;

/** Whether frames can be told from what else the connection of this socket receives. */
export function canReadFrames(socket: RawSocket): boolean {
  const decoder = decoderOf(socket);
  if (decoder === undefined) return false;
  if (canTap(decoder)) return true;
  if (!wasNoticed) console.warn('[socket.io-p2p-plugin] This Socket.IO is not known here: it works, but slower');
  wasNoticed = true;
  return false;
}

/** Listens to the frames of a lane of the present connection, whose numbers are those of its namespaces together. */
export function openLane(socket: RawSocket, lane: number, listener: FrameListener): () => void {
  const lanes = managers.get(socket.io) ?? tap(socket);
  lanes.set(lane, listener);
  return () => {
    if (lanes.get(lane) === listener) lanes.delete(lane);
  };
}

function tap(socket: RawSocket): Map<number, FrameListener> {
  const lanes = new Map<number, FrameListener>();
  const decoder = decoderOf(socket);
  if (canTap(decoder)) {
    tapFrames(decoder, (lane, frame) => {
      lanes.get(lane)?.(frame);
      // A lane that is over may still be sent something.
      return true;
    });
  }
  managers.set(socket.io, lanes);
  return lanes;
}
