import { P2PError } from '../protocol/p2p-error.js';

/** What a service offers, and how it does. */
export interface ServiceDescription {
  /** Its client id. */
  readonly service: string;
  readonly apis: readonly ApiDescription[];
  readonly topics: readonly TopicDescription[];
}

export interface ApiDescription {
  readonly name: string;
  /** Calls so far. */
  readonly calls: number;
  /** Calls that are being answered. */
  readonly active: number;
  /** Calls that failed, whoever was to blame. */
  readonly errors: number;
  /** How long a call took on average, at the service, in ms; 0 before the first was over. */
  readonly meanTime: number;
}

export interface TopicDescription {
  readonly name: string;
  /** Clients that subscribe to it. */
  readonly subscribers: number;
  /** Publications so far. */
  readonly publications: number;
  /** Publications that are kept for late subscribers. */
  readonly retained: number;
}

/** What came as a description, from whoever answers under that id. @throws P2PError `PAYLOAD_INVALID` */
export function readServiceDescription(value: unknown): ServiceDescription {
  const { service, apis, topics } = recordOf(value);
  if (typeof service === 'string' && isListOf(apis, API_FACTS) && isListOf(topics, TOPIC_FACTS)) {
    return value as ServiceDescription;
  }
  throw new P2PError('PAYLOAD_INVALID', 'The service describes itself in no readable way');
}

const API_FACTS = ['calls', 'active', 'errors', 'meanTime'] as const satisfies readonly (keyof ApiDescription)[];

const TOPIC_FACTS = ['subscribers', 'publications', 'retained'] as const satisfies readonly (keyof TopicDescription)[];

function isListOf(value: unknown, facts: readonly string[]): boolean {
  if (!Array.isArray(value)) return false;
  return value.every((entry) => {
    const record = recordOf(entry);
    return typeof record.name === 'string' && facts.every((fact) => typeof record[fact] === 'number');
  });
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
