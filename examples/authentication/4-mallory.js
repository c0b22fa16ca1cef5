import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { login, url } from './login.js';

/**
 * @param {string} clientId
 * @param {{ token?: string }} auth
 */
function connect(clientId, auth) {
  return p2pClientPlugin(io(url, { auth }), clientId);
}

/** @param {ReturnType<typeof connect>} socket */
async function codeOf(socket) {
  const { code } = await new Promise((resolve) => socket.once('SERVER_ERROR', resolve));
  socket.disconnect();
  return code;
}

console.log(`without a token: ${await codeOf(connect('alice', {}))}`);

const forged = await new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject('alice').sign(randomBytes(32));
console.log(`with a forged token: ${await codeOf(connect('alice', { token: forged }))}`);

const token = await login('mallory', 'crowbar');
console.log(`as alice with my own token: ${await codeOf(connect('alice', { token }))}`);

// As herself she gets in. What she may not do is denied before anything is looked up, so she learns nothing by it.
const mallory = connect('mallory', { token });
const kicked = codeOf(mallory);
for (const service of ['alice', 'nobody']) {
  await mallory.callService(service, 'read').catch(({ code }) => console.log(`to read of ${service}: ${code}`));
}
console.log(`after that: ${await kicked}`);
console.log(`with my own token again: ${await codeOf(connect('mallory', { token }))}`);
