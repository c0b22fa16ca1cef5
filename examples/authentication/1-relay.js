import { randomBytes } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { jwtVerify, SignJWT } from 'jose';
import { Server } from 'socket.io';
import { DIAGNOSTICS_CHANNEL, p2pServerPlugin } from 'socket.io-p2p-plugin/server';

// A real relay keeps hashes of passwords, and limits how often somebody may guess.
const accounts = new Map([
  ['alice', { password: 'rabbit', role: 'service', tokenLasts: '1h' }],
  ['bob', { password: 'hammer', role: 'member', tokenLasts: '3s' }],
  ['mallory', { password: 'crowbar', role: 'guest', tokenLasts: '1h' }],
]);

// Only this process signs and verifies. Who verifies elsewhere should get a public key, and not this one.
const key = randomBytes(32);

/** @param {string} [authorization] `Basic`: a header has a size that Node limits, and a body has not */
async function login(authorization = '') {
  const [name = '', password] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':');
  const account = accounts.get(name);
  if (!account || account.password !== password) return undefined;
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(name)
    .setExpirationTime(account.tokenLasts)
    .sign(key);
}

const httpServer = createServer(async ({ method, url, headers }, response) => {
  if (method !== 'POST' || url !== '/login') return response.writeHead(404).end();
  const token = await login(headers.authorization);
  response.writeHead(token ? 200 : 401).end(token);
});

const io = p2pServerPlugin(new Server(httpServer), {
  // Who is it? What this returns is the client id, whatever the client calls itself. Whatever it throws keeps it out.
  authenticate: async ({ auth }, { socket }) => {
    const { payload } = await jwtVerify(String(auth.token), key, { algorithms: ['HS256'] });
    const account = accounts.get(payload.sub ?? '');
    if (!account) throw new Error('This account is closed');
    socket.data.role = account.role;
    return payload.sub;
  },
  // It is asked again while a client is connected: tokens expire, and accounts are closed.
  revalidateEvery: 200,
  // May it do that? Where this says nothing, it may not.
  authorize: ({ action, client, target, api }) => {
    const { role } = client.socket.data;
    if (role === 'service') return action === 'provide';
    if (role === 'member') return action === 'call' && target === 'alice' && api === 'read';
  },
  defaultPermission: 'deny',
});

/** How often each client was denied something. @type {Map<string, number>} */
const denials = new Map();

// What goes wrong is told here, for logs and alarms: with names and codes, and never with a token.
subscribe(DIAGNOSTICS_CHANNEL, (message) => {
  const {
    type,
    code,
    clientId = '',
    action,
  } = /** @type {import('socket.io-p2p-plugin/server').P2PDiagnostic} */ (message);
  console.log(type === 'authz.deny' ? `${type}: ${clientId}, ${action}` : `${type}: ${code}`);
  if (type !== 'authz.deny') return;
  denials.set(clientId, (denials.get(clientId) ?? 0) + 1);
  // When it has its answer.
  if (denials.get(clientId) === 2) setImmediate(sendAway, clientId);
});

/** @param {string} clientId */
function sendAway(clientId) {
  // Who is kicked may connect again. Without the account, that is in vain.
  accounts.delete(clientId);
  io.kick(clientId, 'You have tried too much');
  const { events } = io.stats;
  console.log(`${clientId} is kicked; refused until now: ${events['auth.fail']}, denied: ${events['authz.deny']}`);
}

io.on('connection', (socket) => console.log(`${io.getClientIdBySocketId(socket.id)} is connected`));

httpServer.listen(Number(process.env.P2P_PORT ?? 9000), () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (httpServer.address());
  console.log(`ready http://localhost:${port}`);
});
