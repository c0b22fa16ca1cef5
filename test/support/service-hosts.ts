import { expect, onTestFinished } from 'vitest';
import type { ServiceProvider } from '../../src/peer/service-provider.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import type { ServiceCall } from '../../src/protocol/typed-services.js';
import { startRelay, type TestClient, type TestRelay } from './relay.js';

/** A service, wherever it runs, with what its users see of it. */
export interface TestService {
  readonly relay: TestRelay;
  readonly name: string;
  readonly provider: ServiceProvider & { emitClient(clientId: string, event: string, ...args: unknown[]): void };
  /** Failures that were told where the service runs. */
  readonly failures: P2PError[];
  /** A client of the relay. */
  connect(clientId: string): Promise<TestClient>;
  /** The service goes, as it does in its kind: its client disconnects, or the server closes it. */
  leave(): void;
}

export type ServiceHosting = (name?: string) => Promise<TestService>;

/** SV-2: what holds for one holds for the other. */
export const HOSTINGS: readonly (readonly [string, ServiceHosting])[] = [
  ['on a client', onClient],
  ['on the server', onServer],
];

async function onClient(name = 'service'): Promise<TestService> {
  const relay = await startRelay();
  const provider = await relay.connect(name, {}, { isService: true });
  return {
    relay,
    name,
    provider,
    failures: provider.errors,
    connect: (clientId) => relay.connect(clientId),
    leave: () => provider.disconnect(),
  };
}

async function onServer(name = 'service'): Promise<TestService> {
  const relay = await startRelay({ plugin: { isService: true } });
  const failures: P2PError[] = [];
  relay.server.on('SERVER_ERROR', (error) => failures.push(error));
  const provider = relay.server.asService(name);
  return {
    relay,
    name,
    provider,
    failures,
    connect: (clientId) => relay.connect(clientId),
    leave: () => provider.close(),
  };
}

/** A service and one who calls it; at the end no rejection may have been left unhandled. */
export async function startService(host: ServiceHosting): Promise<TestService & { readonly caller: TestClient }> {
  expectNoUnhandledRejections();
  const service = await host();
  return { ...service, caller: await service.connect('caller') };
}

export function expectNoUnhandledRejections(): void {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
}

/** A promise, and what resolves it. */
export interface Signal<T> {
  readonly given: Promise<T>;
  give(value: T): void;
}

export function signal<T = void>(): Signal<T> {
  let give: (value: T) => void = () => {};
  const given = new Promise<T>((resolve) => {
    give = resolve;
  });
  return { given, give: (value) => give(value) };
}

/** The reason with which a signal aborts. */
export function abortionOf({ signal }: Pick<ServiceCall, 'signal'>): Promise<P2PError> {
  return new Promise((resolve) => {
    const tell = () => resolve(signal.reason as P2PError);
    if (signal.aborted) tell();
    else signal.addEventListener('abort', tell, { once: true });
  });
}

/** An API that never answers, and what happens to its calls. */
export interface MuteApi {
  readonly handler: (this: ServiceCall, ...args: unknown[]) => Promise<never>;
  /** The next call has come. */
  called(): Promise<ServiceCall>;
  /** Why each call was given up, in order. */
  readonly reasons: Promise<P2PError>[];
}

export function muteApi(): MuteApi {
  let waiting = signal<ServiceCall>();
  const reasons: Promise<P2PError>[] = [];
  return {
    reasons,
    called: () => waiting.given,
    handler() {
      reasons.push(abortionOf(this));
      const { give } = waiting;
      waiting = signal<ServiceCall>();
      give(this);
      return new Promise<never>(() => {});
    },
  };
}

/** How many calls of an API are being answered, as the service itself says. */
export async function activeCalls(client: TestClient, service: string, api: string): Promise<number | undefined> {
  const { apis } = await client.describeService(service);
  return apis.find(({ name }) => name === api)?.active;
}
