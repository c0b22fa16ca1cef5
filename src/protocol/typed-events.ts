/** The event map of whoever gave none: any event, any arguments, as with Socket.IO's default. */
export interface UntypedEvents {
  // biome-ignore lint/suspicious/noExplicitAny: only `any` lets an untyped listener name its own parameters
  [event: string]: (...args: any[]) => void;
}

/**
 * Names the events that this client hears from its peers and sends to them. It carries types only:
 * `p2pClientPlugin(rawSocket, id, { events: {} as PeerEvents<Heard, Sent> })`.
 */
export interface PeerEvents<Listen extends object = UntypedEvents, Emit extends object = Listen> {
  readonly listen?: Listen;
  readonly emit?: Emit;
}

export type EventName<Events extends object> = Extract<keyof Events, string>;

/** The arguments of an event, its ack included. */
export type EventArguments<Events extends object, Event extends keyof Events> = Events[Event] extends (
  ...args: infer Args
) => unknown
  ? Args
  : never;

/** The arguments of an event without its ack. */
export type ArgumentsBeforeAck<Args extends readonly unknown[]> = Args extends [...infer Before, infer Last]
  ? Last extends (...args: never[]) => unknown
    ? Before
    : Args
  : Args;

/** What the ack of an event is called with first; of an untyped event, anything. */
export type AckResult<Args extends readonly unknown[]> = Args extends [...unknown[], infer Last]
  ? Last extends (...args: infer Results) => unknown
    ? Results[0]
    : never
  : Args[number];

/** The same arguments with an ack that takes the error first, as after Socket.IO's `timeout()`. */
export type ErrorFirst<Args extends readonly unknown[], Failure> = Args extends [...infer Before, infer Last]
  ? Last extends (...args: infer Results) => unknown
    ? [...Before, (error: Failure | null, ...results: Results) => void]
    : Args
  : Args;
