import { P2PError } from '../protocol/p2p-error.js';
import { Payload } from '../protocol/payload.js';
import { PAYLOAD_FORMATS } from '../protocol/payload-codec.js';
import { writeAll } from '../protocol/write-all.js';

// An object that does not fit one packet: `[format: u8][data]`, cut anywhere. `PROTOCOL.md` § Streams.

export function frameObject(payload: Payload): Uint8Array {
  const { format, data } = payload.encoded;
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  const frame = new Uint8Array(1 + bytes.byteLength);
  frame[0] = format;
  frame.set(bytes, 1);
  return frame;
}

/** @throws P2PError `PAYLOAD_INVALID` */
export function readObjectFrame(pieces: readonly Uint8Array[]): Payload {
  const frame = allocate(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  writeAll(frame, pieces);
  const [format] = frame;
  const data = frame.subarray(1);
  if (format === PAYLOAD_FORMATS.json) return Payload.ofEncoded({ format, data: new TextDecoder().decode(data) });
  if (format === PAYLOAD_FORMATS.bytes || format === PAYLOAD_FORMATS.mixed) return Payload.ofEncoded({ format, data });
  throw new P2PError('PAYLOAD_INVALID', 'The object has no known format');
}

/** In Node bytes are Buffers, also those that came in one packet. */
function allocate(length: number): Uint8Array {
  const { Buffer } = globalThis as { Buffer?: { alloc(length: number): Uint8Array } };
  return Buffer ? Buffer.alloc(length) : new Uint8Array(length);
}
