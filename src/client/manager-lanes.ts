import { nextTick } from '../async/next-tick.js';
import { canTap, tapFrames } from '../protocol/frame-tap.js';
import { decoderOf, type RawSocket } from './raw-socket.js';

/** Takes a frame of its lane. */
export type FrameListener = (frame: Uint8Array) => void;

const managers = new WeakMap<object, Map<number, FrameListener>>();

let wasNoticed = false;

/**
 * Takes frames off what the connections of this socket's Manager receive, from now on: the first may come with the
 * welcome that tells of its lane. @returns whether that is possible
 */
export function takeFrames(socket: RawSocket): boolean {
  if (managers.has(socket.io)) return true;
  const decoder = decoderOf(socket);
  if (decoder === undefined) return false;
  if (!canTap(decoder)) {
    if (!wasNoticed) console.warn('[socket.io-p2p-plugin] This Socket.IO is not known here: it works, but slower');
    wasNoticed = true;
    return false;
  }
  const lanes = new Map<number, FrameListener>();
  managers.set(socket.io, lanes);
  tapFrames(decoder, {
    frame: (lane, frame) => {
      // As late as events, so that everything stays in its order; a lane that is over may still be sent something.
      nextTick(() => lanes.get(lane)?.(frame));
      return true;
    },
  });
  return true;
}

/** Listens to the frames of a lane of the present connection, whose numbers are those of its namespaces together. */
export function openLane(socket: RawSocket, lane: number, listener: FrameListener): () => void {
  const lanes = managers.get(socket.io);
  lanes?.set(lane, listener);
  return () => {
    if (lanes?.get(lane) === listener) lanes.delete(lane);
  };
}
