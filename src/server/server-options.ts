import { checkCallOptions } from '../peer/call-arguments.js';
import { invalidArgument } from '../protocol/check-names.js';
import { CLIENT_ID_RULE, DEFAULT_SERVER_ID, isClientId } from '../protocol/identifiers.js';
import { DEFAULT_TIMEOUT, MAX_TIMEOUT } from '../protocol/limits.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { Authenticate } from './authentication.js';
import type { Authorize } from './authorize.js';
import { type ClusterSettings, checkCluster } from './cluster/cluster-settings.js';
import { DEFAULT_LIMITS, readLimits, type ServerLimits } from './server-limits.js';
import type { SlowConsumerPolicy } from './slow-consumer.js';

/** Where errors and warnings go. */
export type P2PLogger = Pick<Console, 'error'> & Partial<Pick<Console, 'warn'>>;

export interface P2PServerOptions {
  /**
   * `required` (default): a socket without a client id is refused. `optional`: it is left alone, so that
   * a mixed application can share one server (SC-5).
   */
  readonly clientId?: 'required' | 'optional';
  /**
   * Decides the client id of each connection; it has `limits.authenticateTimeout` for that. Without it clients
   * name themselves, anyone can be anyone, and a warning says so at the start; `false` says that this is meant.
   */
  readonly authenticate?: Authenticate | false;
  /**
   * How often `authenticate` is asked again while a client is connected, in ms. One that it no longer knows is
   * disconnected with `SESSION_EXPIRED`, and connects again with fresh `auth`; where it cannot tell
   * (`AUTH_UNAVAILABLE`), it is asked again later. Not for clients that `addClient` has named. Default: never.
   */
  readonly revalidateEvery?: number;
  /**
   * When a second client wants an id: `reject` (default) refuses it with `CLIENT_ID_IN_USE`, unless the holder does not
   * answer a ping within `limits.probeTimeout` and has nothing left to take; `takeover` ends the first with `SESSION_REPLACED`.
   */
  readonly duplicates?: 'reject' | 'takeover';
  /** Decides what each client may do. It is asked before anything is looked up. */
  readonly authorize?: Authorize;
  /** What holds where `authorize` is missing or answers nothing. Default `allow`. */
  readonly defaultPermission?: 'allow' | 'deny';
  /**
   * What becomes of a message for a client with more than `limits.maxQueuedBytes` waiting: `error` (default) tells its
   * sender `PEER_TOO_SLOW`, `drop` does not, `close` does and ends the slow client with `SESSION_TOO_SLOW`. Whatever
   * it says, at twice as much the client is closed. What the application itself sends is counted too.
   */
  readonly slowConsumer?: SlowConsumerPolicy;
  /** What one client may use. */
  readonly limits?: Partial<ServerLimits>;
  /**
   * Which events other clients may send to one without the plugin, which cannot tell them from the server's own:
   * `true` (default) all, `false` none, or their names. See `SECURITY.md`.
   */
  readonly plainEvents?: boolean | readonly string[];
  /** The client id by which the server itself is known to clients, for its streams; none can connect with it. Default `p2p:server`. */
  readonly serverId?: string;
  /** Client ids that only services of this server may have, also before `asService` gives them (SV-3). */
  readonly reservedIds?: readonly string[];
  /** Whether the server hosts services, by `asService` (SV-1). Default false. */
  readonly isService?: boolean;
  /**
   * Joins this server with all others that have the same adapter: clients of all of them find each other. The namespace
   * has to have its adapter already, an official one for several servers. Default false. See `docs/scaling.md`.
   */
  readonly cluster?: boolean | ClusterSettings;
  /** Time that an operation of the server may take, in ms. Default 10,000. */
  readonly timeout?: number;
  /** Where errors go that an operator should see, and the warning of the start. Default `console`. */
  readonly logger?: P2PLogger;
}

/** The options with their defaults. */
export interface ServerSettings {
  readonly clientIdRequired: boolean;
  readonly authenticate: Authenticate | false | undefined;
  readonly revalidateEvery: number | undefined;
  readonly duplicates: 'reject' | 'takeover';
  readonly authorize: Authorize | undefined;
  readonly defaultPermission: 'allow' | 'deny';
  readonly slowConsumer: SlowConsumerPolicy;
  readonly limits: ServerLimits;
  readonly plainEvents: (event: string) => boolean;
  readonly serverId: string;
  readonly reservedIds: ReadonlySet<string>;
  readonly isService: boolean;
  readonly cluster: ClusterSettings | undefined;
  readonly timeout: number;
  readonly logger: P2PLogger;
}

/** @throws P2PError `INVALID_ARGUMENT`, `CLIENT_ID_INVALID` for the option `serverId` */
export function readOptions(options: P2PServerOptions): ServerSettings {
  checkOptions(options);
  const { serverId = DEFAULT_SERVER_ID } = options;
  return {
    clientIdRequired: options.clientId !== 'optional',
    authenticate: options.authenticate,
    revalidateEvery: options.revalidateEvery,
    duplicates: options.duplicates ?? 'reject',
    authorize: options.authorize,
    defaultPermission: options.defaultPermission ?? 'allow',
    slowConsumer: options.slowConsumer ?? 'error',
    limits: readLimits(options.limits),
    plainEvents: allowlist(options.plainEvents ?? true),
    serverId,
    reservedIds: new Set([serverId, ...(options.reservedIds ?? [])]),
    isService: options.isService ?? false,
    cluster: options.cluster === true ? {} : options.cluster || undefined,
    timeout: options.timeout ?? DEFAULT_TIMEOUT,
    logger: options.logger ?? console,
  };
}

/** The options that are one of a few words. */
const CHOICES = {
  clientId: ['required', 'optional'],
  duplicates: ['reject', 'takeover'],
  defaultPermission: ['allow', 'deny'],
  slowConsumer: ['error', 'drop', 'close'],
} as const satisfies { readonly [K in keyof P2PServerOptions]?: readonly P2PServerOptions[K][] };

const NAMES: { readonly [K in keyof Required<P2PServerOptions>]: true } = {
  clientId: true,
  authenticate: true,
  revalidateEvery: true,
  duplicates: true,
  authorize: true,
  defaultPermission: true,
  slowConsumer: true,
  limits: true,
  plainEvents: true,
  serverId: true,
  reservedIds: true,
  isService: true,
  cluster: true,
  timeout: true,
  logger: true,
};

/** A misspelt option must not leave a server open. */
function checkNames(options: object): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(NAMES, name)) continue;
    const hint = Object.hasOwn(DEFAULT_LIMITS, name) ? ': it belongs in limits' : '';
    throw invalidArgument(`There is no option "${name}"${hint}`);
  }
}

function checkOptions(options: unknown): asserts options is P2PServerOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidArgument('The options of p2pServerPlugin are an object');
  }
  checkNames(options);
  checkCallOptions(options);
  const given = options as Record<string, unknown>;
  for (const [name, choices] of Object.entries<readonly unknown[]>(CHOICES)) {
    if (given[name] === undefined || choices.includes(given[name])) continue;
    throw invalidArgument(`The option ${name} is one of: ${choices.join(', ')}`);
  }
  checkHooks(given);
  const { plainEvents, logger, serverId, reservedIds, isService } = given;
  if (plainEvents !== undefined && typeof plainEvents !== 'boolean' && !Array.isArray(plainEvents)) {
    throw invalidArgument('The option plainEvents is a boolean or a list of event names');
  }
  checkCluster(given.cluster);
  if (isService !== undefined && typeof isService !== 'boolean') {
    throw invalidArgument('The option isService is true or false');
  }
  if (reservedIds !== undefined && !(Array.isArray(reservedIds) && reservedIds.every(isClientId))) {
    throw invalidArgument('The option reservedIds is a list of client ids');
  }
  if (serverId !== undefined && !isClientId(serverId)) throw new P2PError('CLIENT_ID_INVALID', CLIENT_ID_RULE);
  if (logger !== undefined && typeof (logger as Partial<Console> | null)?.error !== 'function') {
    throw invalidArgument('The option logger has a method error');
  }
}

function checkHooks({ authenticate, authorize, revalidateEvery }: Record<string, unknown>): void {
  if (authenticate !== undefined && authenticate !== false && typeof authenticate !== 'function') {
    throw invalidArgument('The option authenticate is a function, or false');
  }
  if (authorize !== undefined && typeof authorize !== 'function') {
    throw invalidArgument('The option authorize is a function');
  }
  if (revalidateEvery === undefined) return;
  if (!authenticate) throw invalidArgument('The option revalidateEvery needs authenticate');
  const isTime = typeof revalidateEvery === 'number' && revalidateEvery >= 1 && revalidateEvery <= MAX_TIMEOUT;
  if (!isTime) throw invalidArgument(`The option revalidateEvery is in ms, 1 to ${MAX_TIMEOUT}`);
}

function allowlist(plainEvents: boolean | readonly string[]): (event: string) => boolean {
  if (typeof plainEvents === 'boolean') return () => plainEvents;
  const allowed = new Set(plainEvents);
  return (event) => allowed.has(event);
}
