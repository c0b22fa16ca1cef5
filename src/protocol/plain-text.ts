import { isReservedEvent, PLAIN_VERBS } from './event-names.js';
import { isClientId, isName } from './identifiers.js';
import { Payload } from './payload.js';

/** A message of a plain client, read from the text in which it came. */
export interface PlainText {
  readonly targetClientId: string;
  readonly event: string;
  readonly payload: Payload;
  /** The arguments as they stand there: a JSON array. */
  readonly json: string;
}

const BETWEEN_NAMES = '","event":"';
const BEFORE_ARGS = '","args":';
const END = '}]';

/** What the text of a message begins with, in the way in which clients in JavaScript write it. */
export function plainTextPrefix(namespace: string): string {
  const path = namespace === '/' ? '' : `${namespace},`;
  return `2${path}["${PLAIN_VERBS.emit}",{"targetClientId":"`;
}

/**
 * Reads a text that begins with this prefix: its names are cut out, its arguments parsed, and nothing is written again.
 * Nothing where it is written in any other way, or is not as it should be: then somebody else has to say so.
 */
export function readPlainText(text: string, prefix: string): PlainText | undefined {
  const target = nameAt(text, prefix.length, BETWEEN_NAMES);
  if (target === undefined) return undefined;
  const eventStart = prefix.length + target.length + BETWEEN_NAMES.length;
  const event = nameAt(text, eventStart, BEFORE_ARGS);
  if (event === undefined || !text.endsWith(END)) return undefined;
  if (!isClientId(target) || !isName(event) || isReservedEvent(event)) return undefined;
  const json = text.slice(eventStart + event.length + BEFORE_ARGS.length, -END.length);
  const payload = readArguments(json);
  return payload && { targetClientId: target, event, payload, json };
}

/** Writes a message for a plain client. `after` stands behind the arguments. */
export function joinPlainText(before: string, json: string, after: string): string {
  const inner = json.trim().slice(1, -1);
  return inner.trim() === '' ? `${before}${after}]` : `${before},${inner}${after}]`;
}

function readArguments(json: string): Payload | undefined {
  try {
    return Payload.ofJson(json);
  } catch {
    return undefined;
  }
}

/** As it stands, so none with an escape in it. */
function nameAt(text: string, start: number, before: string): string | undefined {
  const end = text.indexOf('"', start);
  if (end < 0 || !text.startsWith(before, end)) return undefined;
  const name = text.slice(start, end);
  return name.includes('\\') ? undefined : name;
}
