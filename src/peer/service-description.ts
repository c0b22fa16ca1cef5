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
