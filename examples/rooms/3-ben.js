import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const ben = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'ben');

// Never called: a room message does not go to its own sender, also when it is in the room.
ben.onAny('hello', (clientId) => console.log(`${clientId} is here`));

ben.onAny('dinner', (clientId, dish) => {
  console.log(`${clientId} brings ${dish}`);
  ben.emitTo(clientId, 'thanks');
});

ben.onAny('enough?', async (_clientId, answer) => {
  await ben.leaveRoom('kitchen');
  answer('I have had enough');
});

ben.onceAny('welcome', (clientId) => {
  console.log(`${clientId} welcomes me`);
  console.log('ready');
});

await ben.joinRoom('kitchen');
ben.emitRoom('kitchen', 'hello');
