import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { tokenOf, url } from './login.js';

// A function is asked at each connect: so there is always a fresh token, however long ago the first one expired.
const socket = io(url, { auth: (send) => void tokenOf('alice', 'rabbit').then((token) => send({ token })) });
const alice = p2pClientPlugin(socket, 'alice', { isService: true });

// Who may call is decided at the relay: what gets here is permitted, and `this.caller` is who it says.
alice.provideService('read', function () {
  console.log(`${this.caller} reads my diary`);
  return 'Down, down, down.';
});

alice.provideService('burn', function () {
  console.log(`${this.caller} burns my diary`);
});

alice.once('connect', () => console.log('ready'));
