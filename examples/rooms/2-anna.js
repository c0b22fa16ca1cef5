import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const anna = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'anna');

// What is sent to a room is heard like any other message.
anna.onAny('hello', (clientId) => {
  console.log(`${clientId} is here`);
  anna.emitTo(clientId, 'welcome');
});

anna.onAny('dinner', (clientId, dish) => {
  console.log(`${clientId} brings ${dish}`);
  anna.emitTo(clientId, 'thanks');
});

await anna.joinRoom('kitchen');
console.log('ready');
