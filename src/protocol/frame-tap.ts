import { laneOf } from './frame.js';

/** What is used of a decoder of socket.io-parser: it is given all that a connection receives. */
export interface PacketDecoder {
  add(data: unknown): void;
  /** There while attachments of a packet are still missing: what is binary belongs to it then. */
  readonly reconstructor?: unknown;
}

/** Who takes what is for this library, in the order of arrival. */
export interface FrameTaker {
  /** @returns whether there is, or has been, such a lane */
  frame(lane: number, frame: Uint8Array): boolean;
  /** @returns whether it was taken */
  text?(text: string): boolean;
  /** Comes first. @returns whether it is kept, to be added again later */
  hold?(data: unknown): boolean;
}

/** An event with one attachment, which is missing. */
const UNFINISHED = '51-["",{"_placeholder":true,"num":0}]';

const known = new WeakMap<object, boolean>();

/** Whether a decoder says when it waits for attachments; found out once for each kind. */
export function canTap(decoder: unknown): decoder is PacketDecoder {
  const kind = (decoder as { constructor?: unknown } | null | undefined)?.constructor;
  if (typeof kind !== 'function') return false;
  const answer = known.get(kind) ?? tryOut(kind as new () => PacketDecoder);
  known.set(kind, answer);
  return answer;
}

/** From now on the decoder is passed by with all that is taken; what nobody takes is its own matter. */
export function tapFrames(decoder: PacketDecoder, taker: FrameTaker): void {
  const add = decoder.add.bind(decoder);
  decoder.add = (data) => {
    if (taker.hold?.(data)) return;
    if (typeof data === 'string') {
      // While it waits for attachments, a text is a fault that it has to find.
      if (!decoder.reconstructor && taker.text?.(data)) return;
    } else if (!decoder.reconstructor) {
      const bytes = bytesOf(data);
      const lane = bytes && laneOf(bytes);
      if (bytes && lane !== undefined && taker.frame(lane, bytes)) return;
    }
    add(data);
  };
}

/** In browsers it is an ArrayBuffer. */
function bytesOf(data: unknown): Uint8Array | undefined {
  if (data instanceof Uint8Array) return data;
  return data instanceof ArrayBuffer ? new Uint8Array(data) : undefined;
}

function tryOut(Decoder: new () => PacketDecoder): boolean {
  try {
    const decoder = new Decoder();
    const before = decoder.reconstructor;
    decoder.add(UNFINISHED);
    return !before && Boolean(decoder.reconstructor);
  } catch {
    return false;
  }
}
