import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const alice = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'alice');

alice.onAddP2pTarget((clientId) => {
  console.log(`${clientId} wants to talk`);
  const peer = alice.from(clientId);

  peer.on('greet', (text) => {
    console.log(`${clientId} says "${text}"`);
    alice.emitTo(clientId, 'greet', `Hello ${clientId}`);
  });

  // The last argument answers, when the sender wants an answer.
  peer.on('add', (a, b, answer) => answer(a + b));
  peer.on('multiply', (a, b, answer) => answer(a * b));
});

alice.once('connect', () => console.log('ready'));
