import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const socket = io(process.env.P2P_URL ?? 'http://localhost:9000', { transports: ['websocket'] });
const alice = p2pClientPlugin(socket, 'alice');

// Other nodes hear of a client a moment after it has connected: of the station, which is on another one.
while (!(await alice.isClientConnected('station'))) await setTimeout(20);

console.log(`tomorrow will be ${await alice.callService('station', 'forecast', 'tomorrow')}`);

const weather = alice.subscribeTopic('station', 'weather', (text) => console.log(`it is ${text}`));
await weather.ready;

alice.onAny('greet', (clientId, text, answer) => {
  console.log(`${clientId} says "${text}"`);
  answer(`Hello ${clientId}`);
});

// What comes goes back, until the other end is done or has left.
alice.onAddP2pStream((duplex) => pipeline(duplex.iterator({ destroyOnReturn: false }), duplex));

alice.onAny('kill', (clientId) => {
  weather.on('interrupted', () => console.log('my node is gone'));
  // The same client connects to another node, where the subscription goes on.
  weather.on('resumed', () => {
    console.log('I am back');
    alice.emitTo(clientId, 'back');
  });
  alice.emit('kill node');
});

console.log('ready');
