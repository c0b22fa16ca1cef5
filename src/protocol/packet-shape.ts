import { type FieldName, PACKET_FIELDS, type PacketType, type PlainFieldName } from './packet.js';

/** Fields that are one of two words. */
const CHOICES = {
  mode: ['bytes', 'objects'],
  input: ['value', 'items'],
  output: ['value', 'items'],
} as const satisfies { readonly [F in PlainFieldName]?: readonly string[] };

type ChoiceField = keyof typeof CHOICES;

/** How a field that names something is written in a frame; all others but the payload are numbers. */
type NameKind = 'text' | 'epoch' | 'choice';

const NAMES: { readonly [F in PlainFieldName]?: NameKind } = {
  peer: 'text',
  clientId: 'text',
  secret: 'text',
  event: 'text',
  room: 'text',
  api: 'text',
  topic: 'text',
  epoch: 'epoch',
  mode: 'choice',
  input: 'choice',
  output: 'choice',
};

/** A field that is often the same from one packet to the next: it says who and what is meant. */
export interface NameField {
  readonly name: PlainFieldName;
  readonly kind: NameKind;
  /** Of a choice. */
  readonly words: readonly string[];
}

/** How the packets of one type are written in a frame: first what names something, then numbers, then the payload. */
export interface PacketShape {
  readonly type: PacketType;
  /** The number of the type. */
  readonly code: number;
  readonly names: readonly NameField[];
  readonly numbers: readonly PlainFieldName[];
  readonly hasPayload: boolean;
  /** Packets with the same names are likely to follow, so that a number for these is worth it. Where there are none, it is not. */
  readonly recurs: boolean;
}

const RECURRING: ReadonlySet<PacketType> = new Set<PacketType>([
  'message',
  'request',
  'reply',
  'call',
  'publish',
  'publish-wait',
  'room-message',
]);

/** All types, by their code: the order of `PACKET_FIELDS`, to whose end new ones are added. */
export const SHAPES: readonly PacketShape[] = Object.entries(PACKET_FIELDS).map(([type, fields], code) =>
  shapeOf(type as PacketType, code, fields),
);

const BY_TYPE = new Map(SHAPES.map((shape) => [shape.type, shape]));

export function shapeOfType(type: PacketType): PacketShape {
  return BY_TYPE.get(type) as PacketShape;
}

function shapeOf(type: PacketType, code: number, fields: readonly FieldName[]): PacketShape {
  const plain = fields.filter((field) => field !== 'payload');
  const names = plain.flatMap((name) => {
    const kind = NAMES[name];
    return kind ? [{ name, kind, words: CHOICES[name as ChoiceField] ?? [] }] : [];
  });
  return {
    type,
    code,
    names,
    numbers: plain.filter((field) => NAMES[field] === undefined),
    hasPayload: plain.length < fields.length,
    recurs: RECURRING.has(type),
  };
}
