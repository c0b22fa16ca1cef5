import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const desk = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'desk');

// The relay puts the sender's id in front of the arguments: no client can pass for another.
desk.onAny('question', (clientId, text, answer) => {
  console.log(`${clientId} asks "${text}"`);
  answer(`Yes, ${clientId}`);
});

// The first one only, whoever it is.
desk.onceAny('hello', (clientId) => console.log(`${clientId} is the first to say hello`));

desk.once('connect', () => console.log('ready'));
