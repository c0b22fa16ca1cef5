import { callGuarded } from '../async/call-guarded.js';
import type { P2PError } from '../protocol/p2p-error.js';
import { Admission } from './admission.js';
import { Authentication } from './authentication.js';
import { tellError } from './client-kind.js';
import { AdapterTransport, checkAdapter } from './cluster/adapter-transport.js';
import { Claims } from './cluster/claims.js';
import type { Cluster } from './cluster/cluster.js';
import type { ClusterSettings } from './cluster/cluster-settings.js';
import type { NodeTransport } from './cluster/node-transport.js';
import { redisPort } from './cluster/redis-client.js';
import { RedisTransport } from './cluster/redis-transport.js';
import type { Connection } from './connection.js';
import { Diagnostics } from './diagnostics.js';
import { Permission } from './permission.js';
import type { RawNamespace } from './raw-server.js';
import { Revalidation } from './revalidation.js';
import type { P2PLogger, ServerSettings } from './server-options.js';
import { Sessions } from './sessions.js';
import { SocketListeners } from './socket-listeners.js';
import { UnfinishedPackets } from './unfinished-packets.js';

/** What stands behind the calls of one namespace. */
export interface ServerCore {
  readonly namespace: RawNamespace;
  readonly sessions: Sessions;
  readonly admission: Admission;
  readonly diagnostics: Diagnostics;
  readonly permission: Permission | undefined;
  readonly logError: (message: string, error: unknown) => void;
}

const ANYONE_CAN_BE_ANYONE =
  'Clients name themselves, so anyone who can connect can be anyone. The option authenticate decides who they are; ' +
  'authenticate: false says that this is meant.';

/** Puts the parts of the server together, and lets clients in. */
export function createServerCore(namespace: RawNamespace, settings: ServerSettings): ServerCore {
  const { authenticate, authorize, defaultPermission, limits, logger, revalidateEvery } = settings;
  const logError = errorLog(logger);
  const means = settings.cluster && meansOf(namespace, settings.cluster, logError);
  if (authenticate === undefined) warn(logger, ANYONE_CAN_BE_ANYONE);
  const diagnostics = new Diagnostics(namespace.name);
  const allowsByDefault = defaultPermission === 'allow';
  const permission =
    authorize || !allowsByDefault
      ? new Permission({ authorize, allowsByDefault, timeout: limits.authorizeTimeout, diagnostics, logError })
      : undefined;
  const sessions = new Sessions({ ...settings, namespace, logError, diagnostics, permission });
  if (means) closeWith(namespace, sessions.join(means.transport, means.claims));
  const { clientIdRequired: isRequired } = settings;
  const authentication = authenticate
    ? new Authentication({ authenticate, timeout: limits.authenticateTimeout, isRequired, diagnostics, logError })
    : undefined;
  const revalidation =
    authentication && revalidateEvery !== undefined
      ? new Revalidation({ authentication, every: revalidateEvery, expel: (...why) => sessions.expel(...why) })
      : undefined;
  const listeners = new SocketListeners({ sessions, hello: (socket, read) => admission.hello(socket, read) });
  const admission: Admission = new Admission({
    sessions,
    listeners,
    authentication,
    clientIdRequired: isRequired,
    probeTimeout: limits.probeTimeout,
    admitted: (session) => revalidation?.watch(session),
  });
  UnfinishedPackets.watch(namespace.server, limits).onExceeded((connection, error) => {
    tellExceeded({ namespace, sessions, diagnostics }, connection, error);
  });
  namespace.use(admission.check);
  namespace.on('connection', admission.admit);
  for (const socket of namespace.sockets.values()) admission.admit(socket);
  return { namespace, sessions, admission, diagnostics, permission, logError };
}

/** How a server talks to the others, and where they keep who has which id. */
interface ClusterMeans {
  readonly transport: NodeTransport;
  readonly claims: Claims | undefined;
}

/** @throws P2PError `UNSUPPORTED` where the adapter is for one server only */
function meansOf(
  namespace: RawNamespace,
  { redis, prefix = 'p2p' }: ClusterSettings,
  logError: ServerCore['logError'],
): ClusterMeans {
  checkAdapter(namespace);
  if (!redis) return { transport: new AdapterTransport(namespace), claims: undefined };
  const port = redisPort(redis, logError);
  const place = `${prefix}#${namespace.name}`;
  return { transport: new RedisTransport(port, place), claims: new Claims(port, place) };
}

/** When the server is closed the others need not find out that it is gone. */
function closeWith({ adapter }: RawNamespace, cluster: Cluster): void {
  const close = adapter.close.bind(adapter);
  adapter.close = () => {
    cluster.close();
    return close();
  };
}

/** A connection is about to be closed: its client is told, where it is in this namespace. */
function tellExceeded(
  { namespace, sessions, diagnostics }: Pick<ServerCore, 'namespace' | 'sessions' | 'diagnostics'>,
  connection: Connection,
  error: P2PError,
): void {
  const socket = [...namespace.sockets.values()].find(({ conn }) => conn === connection);
  const clientId = socket && sessions.directory.ofSocket(socket.id)?.clientId;
  const facts = { code: error.code, limit: error.details.limit, address: connection.remoteAddress };
  diagnostics.report('limit.hit', { ...facts, clientId, socketId: socket?.id });
  if (socket) tellError(sessions.writer, socket, error);
}

const PREFIX = '[socket.io-p2p-plugin]';

/** A logger that fails is nobody's fault whom it could be told to. */
function errorLog(logger: P2PLogger): (message: string, error: unknown) => void {
  const log = (...line: unknown[]) => logger.error(...line);
  return (message, error) => callGuarded(log, [`${PREFIX} ${message}:`, error], () => {});
}

function warn(logger: P2PLogger, message: string): void {
  callGuarded(
    () => logger.warn?.(`${PREFIX} ${message}`),
    [],
    () => {},
  );
}
