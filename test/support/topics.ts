import type { Subscription } from '../../src/peer/subscription.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import type { TestClient, TestRelay } from './relay.js';

/** A subscription by callback, and all that it told, in order. */
export interface Listening {
  readonly subscription: Subscription;
  readonly heard: unknown[];
  /** `interrupted CODE`, `resumed`, `missed N`, `ended CODE`. */
  readonly told: string[];
}

export function listen(client: Pick<TestClient, 'subscribeTopic'>, service: string, topic: string): Listening {
  const heard: unknown[] = [];
  const subscription = client.subscribeTopic(service, topic, (value: unknown) => heard.push(value));
  return { subscription, heard, told: toldBy(subscription) };
}

/** What a subscription tells beside its publications. */
export function toldBy<Value>(subscription: Subscription<Value>): string[] {
  const told: string[] = [];
  subscription.on('interrupted', ({ code }) => told.push(`interrupted ${code}`));
  subscription.on('resumed', () => told.push('resumed'));
  subscription.on('missed', (count) => told.push(`missed ${count}`));
  subscription.on('ended', (reason) => told.push(`ended ${reason?.code}`));
  return told;
}

/** The code for which a subscription ends. */
export async function endOf<Value>(subscription: Subscription<Value>): Promise<string | undefined> {
  return (await subscription.ended)?.code;
}

/** How many sessions the service takes for subscribers. All that it published before has arrived at the client. */
export async function subscribersOf(client: TestClient, service: string, topic: string): Promise<number | undefined> {
  const { topics } = await client.describeService(service);
  return topics.find(({ name }) => name === topic)?.subscribers;
}

/** The library's own rooms, with how many sockets are in each. */
export function topicRooms({ server }: TestRelay): Record<string, number> {
  const rooms = [...server.sockets.adapter.rooms].filter(([room]) => room.startsWith('p2p:'));
  return Object.fromEntries(rooms.map(([room, members]) => [room, members.size]));
}

export function codesOf(errors: readonly P2PError[]): string[] {
  return errors.map(({ code }) => code);
}

/** For what is waited for: a guard against hanging, on machines of any speed. */
export const PATIENT = { timeout: 20_000 };

/** The numbers from `first` to `last`. */
export function numbers(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
