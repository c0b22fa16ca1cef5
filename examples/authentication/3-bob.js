import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { tokenOf, url } from './login.js';

const socket = io(url, {
  auth: (send) => void tokenOf('bob', 'hammer').then((token) => send({ token })),
  reconnectionDelay: 100,
});
const bob = p2pClientPlugin(socket, 'bob');

console.log(`alice writes "${await bob.callService('alice', 'read')}"`);

await bob.callService('alice', 'burn').catch(({ code }) => console.log(`to burn it: ${code}`));

// Bob's token lasts for 3 seconds. After that the relay ends his session …
const { code } = await new Promise((resolve) => bob.once('SERVER_ERROR', resolve));
console.log(`after 3 seconds: ${code}`);

// … and the plugin connects again by itself, with a new token.
await new Promise((resolve) => bob.once('connect', () => resolve(undefined)));
console.log(`alice still writes "${await bob.callService('alice', 'read')}"`);

bob.disconnect();
