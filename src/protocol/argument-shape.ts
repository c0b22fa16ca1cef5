import { MAX_DEPTH } from './limits.js';

/** `ArrayBuffer`s and everything that views one: what Socket.IO calls binary. */
export type Bytes = ArrayBuffer | ArrayBufferView<ArrayBufferLike>;

export function isBytes(value: unknown): value is Bytes {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** The same memory as a `Uint8Array`; a Node `Buffer` stays one. */
export function asUint8Array(bytes: Bytes): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What a walk over arguments finds. */
export interface ArgumentShape {
  /** Some argument is binary or holds something binary. */
  readonly hasBytes: boolean;
  /** Arrays and objects are nested deeper than the limit, or in a circle. */
  readonly tooDeep: boolean;
  /** Some argument is or holds what Socket.IO's parser takes for the place of an attachment. */
  readonly hasPlaceholder: boolean;
  /** Some argument is or holds a `Blob`, which cannot be read at once. */
  readonly hasBlob: boolean;
}

/** Of arguments without any array or object in them, which most are. */
const FLAT: ArgumentShape = { hasBytes: false, tooDeep: false, hasPlaceholder: false, hasBlob: false };

/** Looks through arguments level by level: no recursion, so no depth can overflow the stack. */
export function shapeOf(args: readonly unknown[], maxDepth = MAX_DEPTH): ArgumentShape {
  if (!args.some((arg) => typeof arg === 'object' && arg !== null)) return FLAT;
  const found = { hasBytes: false, hasBlob: false, hasPlaceholder: false };
  let level: readonly object[] = [args];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return { ...found, tooDeep: true };
    const below: object[] = [];
    for (const parent of level) {
      if ((parent as { _placeholder?: unknown })._placeholder === true) found.hasPlaceholder = true;
      for (const child of childrenOf(parent)) {
        if (typeof child !== 'object' || child === null) continue;
        if (isBytes(child)) found.hasBytes = true;
        else if (isBlob(child)) found.hasBlob = true;
        else below.push(child);
      }
    }
    // What is met twice is looked at once: branches that join would double at each level.
    level = below.length > 1 ? [...new Set(below)] : below;
  }
  return { ...found, tooDeep: false };
}

function childrenOf(parent: object): readonly unknown[] {
  if (Array.isArray(parent)) return parent;
  // What writes itself (a Date, say) is written as JSON sees fit.
  return typeof (parent as { toJSON?: unknown }).toJSON === 'function' ? [] : Object.values(parent);
}

function isBlob(value: object): boolean {
  return typeof Blob === 'function' && value instanceof Blob;
}
