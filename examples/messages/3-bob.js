import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const bob = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'bob');

// What goes wrong after a call without a promise is told here.
bob.on('SERVER_ERROR', (error) => {
  console.error(`${error.code}: ${error.message}`);
  process.exit(1);
});

// Alice learns that Bob wants to talk, and each of them when the other disconnects.
await bob.addP2pTarget('alice');

const greeting = new Promise((resolve) => bob.from('alice').once('greet', resolve));
bob.emitTo('alice', 'greet', 'Hello alice');
console.log(`alice says "${await greeting}"`);

// An answer as a promise …
console.log(`4 * 5 = ${await bob.emitToWithAck('alice', 'multiply', 4, 5)}`);

// … which rejects with a code when there can be none …
await bob.emitToWithAck('nobody', 'greet', 'Hello').catch((error) => console.log(`to nobody: ${error.code}`));

// … or by a callback.
bob.emitTo('alice', 'add', 2, 3, (/** @type {number} */ sum) => {
  console.log(`2 + 3 = ${sum}`);
  bob.disconnect();
});
