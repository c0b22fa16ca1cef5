import type { ErrorCode } from './error-codes.js';
import { isReservedEvent } from './event-names.js';
import { MAX_LANE, MAX_NUMBER } from './frame.js';
import { isClientId, isName, isReservedRoom, ROUTER } from './identifiers.js';
import { MAX_SECRET_LENGTH, MAX_STREAM_WINDOW, MAX_TIMEOUT } from './limits.js';
import { P2PError } from './p2p-error.js';
import type { PlainFieldName } from './packet.js';

/** Says what is wrong with a value, or nothing. */
type FieldCheck = (value: unknown) => ErrorCode | undefined;

const accept =
  (test: (value: unknown) => boolean): FieldCheck =>
  (value) =>
    test(value) ? undefined : 'PACKET_INVALID';

const integerFrom =
  (least: number, most: number = MAX_NUMBER): FieldCheck =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : 'PACKET_INVALID';

const FIELD_CHECKS: Record<PlainFieldName, FieldCheck> = {
  peer: accept((value) => value === ROUTER || isClientId(value)),
  clientId: (value) => (isClientId(value) ? undefined : 'CLIENT_ID_INVALID'),
  epoch: integerFrom(0),
  id: integerFrom(0),
  timeout: integerFrom(1, MAX_TIMEOUT),
  stream: integerFrom(0),
  mode: accept((value) => value === 'bytes' || value === 'objects'),
  credit: integerFrom(0, MAX_STREAM_WINDOW),
  probe: integerFrom(0),
  input: accept(isCallBody),
  output: accept(isCallBody),
  count: integerFrom(1),
  version: integerFrom(1),
  maxPayload: integerFrom(1),
  frames: integerFrom(0),
  lane: integerFrom(0, MAX_LANE),
  secret: accept(isSecret),
  event: (value) => (!isName(value) ? 'PACKET_INVALID' : isReservedEvent(value) ? 'EVENT_RESERVED' : undefined),
  api: accept(isName),
  topic: accept(isName),
  room: (value) => (!isName(value) ? 'PACKET_INVALID' : isReservedRoom(value) ? 'ROOM_RESERVED' : undefined),
};

export function isSecret(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_SECRET_LENGTH;
}

function isCallBody(value: unknown): boolean {
  return value === 'value' || value === 'items';
}

/** @throws P2PError what is wrong with a field of a packet: `PACKET_INVALID`, `EVENT_RESERVED`, `ROOM_RESERVED`, `CLIENT_ID_INVALID` */
export function checkField(type: string, field: PlainFieldName, value: unknown): void {
  const problem = FIELD_CHECKS[field](value);
  if (problem) throw new P2PError(problem, `The ${field} of "${type}" is not valid`, { details: { type, field } });
}
