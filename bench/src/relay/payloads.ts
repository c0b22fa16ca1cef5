import { isDeepStrictEqual } from 'node:util';

/** What the messages carry: records such as applications send, and plain bytes. */
export const PAYLOADS = [
  { name: '100 B JSON', kind: 'json', bytes: 100 },
  { name: '1 KB JSON', kind: 'json', bytes: 1_024 },
  { name: '16 KB JSON', kind: 'json', bytes: 16_384 },
  { name: '1 KB binary', kind: 'binary', bytes: 1_024 },
  { name: '64 KB binary', kind: 'binary', bytes: 65_536 },
] as const;

export type PayloadName = (typeof PAYLOADS)[number]['name'];

/** One message's argument. */
export type Payload = Buffer | JsonRecord;

type JsonRecord = Record<string, unknown>;

/** The same payload at every call, of exactly the size that its name says. */
export function makePayload(name: PayloadName): Payload {
  const { kind, bytes } = PAYLOADS.find((payload) => payload.name === name)!;
  if (kind === 'binary') return Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 31) % 256));
  return makeRecord(bytes);
}

export function isSamePayload(received: unknown, sent: Payload): boolean {
  if (Buffer.isBuffer(sent)) return Buffer.isBuffer(received) && received.equals(sent);
  return isDeepStrictEqual(received, sent);
}

/** One order with as many lines as fit; a note fills what is left. */
function makeRecord(bytes: number): JsonRecord {
  const lines: JsonRecord[] = [];
  const record = { id: 48_213, open: true, total: 219.75, tags: ['new', 'eu'], lines, note: '' };
  for (let line = makeLine(0); sizeOf(record) + sizeOf(line) < bytes; line = makeLine(lines.length)) lines.push(line);
  record.note = 'fragile '.repeat(bytes).slice(0, bytes - sizeOf(record));
  return record;
}

function makeLine(index: number): JsonRecord {
  return {
    sku: `A-${1_000 + index * 7}`,
    name: `Article "${index}" of the catalogue`,
    price: ((index * 137) % 100) + 0.99,
    count: (index % 5) + 1,
    gift: index % 3 === 0,
    sizes: [index % 40, 12, 7.5],
  };
}

function sizeOf(value: JsonRecord): number {
  return Buffer.byteLength(JSON.stringify(value));
}
