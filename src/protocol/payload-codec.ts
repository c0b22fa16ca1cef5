import { type ArgumentShape, asUint8Array, isBytes, shapeOf } from './argument-shape.js';
import { MAX_ARGUMENTS, MAX_DEPTH } from './limits.js';
import { P2PError } from './p2p-error.js';
import { writeAll } from './write-all.js';

/** How the arguments of a message are written. `PROTOCOL.md` § Payload. */
export const PAYLOAD_FORMATS = {
  /** A string: the arguments as one JSON array. */
  json: 0,
  /** Bytes: the one argument itself. */
  bytes: 1,
  /** Bytes: JSON with holes, then what fills them. */
  mixed: 2,
} as const;

/** The arguments of a message as they cross the wire: opaque to the router. */
export interface EncodedPayload {
  readonly format: number;
  readonly data: string | Uint8Array;
}

/** Where each binary value of a mixed payload goes: keys from the argument list down, and its length in bytes. */
type Hole = readonly [path: readonly (string | number)[], length: number];

/** @throws P2PError `INVALID_ARGUMENT` for arguments that cannot be sent. */
export function encodePayload(args: readonly unknown[]): EncodedPayload {
  const { hasBytes } = checkArguments(args);
  const [only] = args;
  if (args.length === 1 && isBytes(only)) return { format: PAYLOAD_FORMATS.bytes, data: asUint8Array(only) };
  if (hasBytes) return { format: PAYLOAD_FORMATS.mixed, data: encodeMixed(args) };
  return { format: PAYLOAD_FORMATS.json, data: toJson(args) };
}

/** @throws P2PError `PAYLOAD_INVALID` for anything that is no well-formed argument list. */
export function decodePayload(payload: EncodedPayload): unknown[] {
  const args = decodeUnchecked(payload);
  const { data } = payload;
  return checkDecoded(args, typeof data === 'string' && isShallow(data));
}

/** @throws SyntaxError, P2PError `PAYLOAD_INVALID` */
export function parseArguments(json: string): unknown[] {
  return checkDecoded(JSON.parse(json), isShallow(json));
}

function checkDecoded(args: unknown, isKnownToBeShallow: boolean): unknown[] {
  if (!Array.isArray(args)) throw invalid('The payload is no argument list');
  if (args.length > MAX_ARGUMENTS) throw invalid(`The payload has more than ${MAX_ARGUMENTS} arguments`);
  if (!isKnownToBeShallow && shapeOf(args).tooDeep) throw invalid(`The payload is nested deeper than ${MAX_DEPTH}`);
  return args;
}

/** Whether there are too few brackets in a text for it to be nested too deep: counted faster than it is walked. */
function isShallow(json: string): boolean {
  // Each level takes two.
  if (json.length <= MAX_DEPTH * 2) return true;
  let brackets = 0;
  for (const bracket of ['[', '{']) {
    for (let at = json.indexOf(bracket); at >= 0; at = json.indexOf(bracket, at + 1)) {
      if (++brackets > MAX_DEPTH) return false;
    }
  }
  return true;
}

/** @throws P2PError `INVALID_ARGUMENT` when there are too many arguments, or one is nested too deep or unreadable. */
export function checkArguments(args: readonly unknown[]): ArgumentShape {
  if (args.length > MAX_ARGUMENTS) throw unsendable(`More than ${MAX_ARGUMENTS} arguments`);
  const shape = readableShapeOf(args);
  if (shape.tooDeep) throw unsendable(`An argument is nested deeper than ${MAX_DEPTH}, or in a circle`);
  if (shape.hasBlob) throw unsendable('A Blob cannot be sent at once: send await blob.arrayBuffer()');
  return shape;
}

/** A getter may throw whatever it likes. */
function readableShapeOf(args: readonly unknown[]): ArgumentShape {
  try {
    return shapeOf(args);
  } catch (cause) {
    throw unsendable('An argument cannot be read', cause);
  }
}

function decodeUnchecked({ format, data }: EncodedPayload): unknown {
  try {
    if (typeof data === 'string') return format === PAYLOAD_FORMATS.json ? JSON.parse(data) : undefined;
    if (format === PAYLOAD_FORMATS.bytes) return [data];
    return format === PAYLOAD_FORMATS.mixed ? decodeMixed(data) : undefined;
  } catch {
    // The cause would quote it, and causes are logged.
    throw invalid('The payload cannot be read');
  }
}

function toJson(args: readonly unknown[]): string {
  try {
    return JSON.stringify(args);
  } catch (cause) {
    throw unsendable('An argument cannot be written as JSON', cause);
  }
}

/** `[length of the JSON, u32 little endian][JSON: arguments with null for bytes, then the holes][the bytes]` */
function encodeMixed(args: readonly unknown[]): Uint8Array {
  const holes: Hole[] = [];
  const parts: Uint8Array[] = [];
  const root = withoutBytes(args, [], holes, parts);
  const json = new TextEncoder().encode(toJson([root, holes]));
  const size = parts.reduce((sum, part) => sum + part.byteLength, 4 + json.byteLength);
  const out = new Uint8Array(size);
  new DataView(out.buffer).setUint32(0, json.byteLength, true);
  writeAll(out, [json, ...parts], 4);
  return out;
}

/** A copy with null in place of bytes. Recursion is safe: the depth has been checked. */
function withoutBytes(value: unknown, path: (string | number)[], holes: Hole[], parts: Uint8Array[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isBytes(value)) {
    const part = asUint8Array(value);
    holes.push([path, part.byteLength]);
    parts.push(part);
    return null;
  }
  if (Array.isArray(value)) return value.map((item, index) => withoutBytes(item, [...path, index], holes, parts));
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutBytes(item, [...path, key], holes, parts)]),
  );
}

function decodeMixed(data: Uint8Array): unknown {
  const jsonLength = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0, true);
  let offset = 4 + jsonLength;
  if (offset > data.byteLength) return undefined;
  const [args, holes] = JSON.parse(new TextDecoder().decode(data.subarray(4, offset))) as [unknown, Hole[]];
  for (const [path, length] of holes) {
    if (!Number.isSafeInteger(length) || length < 0 || offset + length > data.byteLength) return undefined;
    fill(args, path, data.subarray(offset, offset + length));
    offset += length;
  }
  return offset === data.byteLength ? args : undefined;
}

/** Only own keys that hold the null put there: nothing reaches a prototype. */
function fill(root: unknown, path: Hole[0], value: Uint8Array): void {
  let parent = root as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) {
    if (!Object.hasOwn(parent, key)) throw invalid('A hole of the payload is nowhere');
    parent = parent[key] as Record<string | number, unknown>;
  }
  const last = path.at(-1);
  if (last === undefined || !Object.hasOwn(parent, last) || parent[last] !== null) {
    throw invalid('A hole of the payload is nowhere');
  }
  parent[last] = value;
}

function invalid(message: string): P2PError {
  return new P2PError('PAYLOAD_INVALID', message);
}

function unsendable(message: string, cause?: unknown): P2PError {
  return new P2PError('INVALID_ARGUMENT', message, { cause });
}
