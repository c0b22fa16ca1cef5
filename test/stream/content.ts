/** The pattern repeats after so many bytes: a prime, so that nothing else repeats with it. */
const PERIOD = 65_521;

const LONGEST = 400_000;

const PATTERN = makePattern();

const TEXT = 'aé漢😀"\\\n'.repeat(LONGEST / 8);

function makePattern(): Uint8Array {
  const pattern = new Uint8Array(PERIOD + LONGEST);
  let state = 1;
  for (let index = 0; index < PERIOD; index++) {
    state = (state * 48_271) % 2_147_483_647;
    pattern[index] = state;
  }
  for (let index = PERIOD; index < pattern.length; index++) pattern[index] = pattern[index - PERIOD] as number;
  return pattern;
}

/** What a stream carries from this byte on, in bytes. */
export function bytesAt(offset: number, size: number): Uint8Array {
  return PATTERN.subarray(offset % PERIOD, (offset % PERIOD) + size);
}

export function sameBytes(one: unknown, other: Uint8Array): boolean {
  return one instanceof Uint8Array && Buffer.compare(one, other) === 0;
}

/** Kinds of objects: each payload format, and what goes into it. */
export const OBJECT_KINDS = ['number', 'text', 'bytes', 'mixed'] as const;

export interface ObjectPlan {
  readonly kind: (typeof OBJECT_KINDS)[number];
  readonly size: number;
  /** The how-manyth of its direction. */
  readonly index: number;
}

export function objectOf({ kind, size, index }: ObjectPlan): unknown {
  if (kind === 'number') return index;
  if (kind === 'bytes') return bytesAt(index, size);
  if (kind === 'mixed') return { index, bytes: bytesAt(index, size) };
  // Cut anywhere, also within a character.
  return { index, text: TEXT.slice(0, size) };
}

export function sameObject(value: unknown, plan: ObjectPlan): boolean {
  if (plan.kind === 'number') return value === plan.index;
  if (plan.kind === 'bytes') return sameBytes(value, bytesAt(plan.index, plan.size));
  const { index, text, bytes } = value as { index?: unknown; text?: unknown; bytes?: unknown };
  if (index !== plan.index) return false;
  return plan.kind === 'text'
    ? text === TEXT.slice(0, plan.size)
    : sameBytes(bytes, bytesAt(index as number, plan.size));
}
