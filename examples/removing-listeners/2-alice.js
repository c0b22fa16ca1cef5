import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const alice = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'alice');

// Sends news to whoever asks for them.
alice.onAny('tell', (clientId, text, done) => {
  alice.emitTo(clientId, 'news', text);
  done();
});

// Disconnects and comes back.
alice.onAny('restart', (clientId) => {
  alice.disconnect();
  alice.once('connect', () => alice.emitTo(clientId, 'back'));
  alice.connect();
});

alice.once('connect', () => console.log('ready'));
