import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const bob = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'bob');

bob.emitTo('desk', 'hello');
console.log(`desk says "${await bob.emitToWithAck('desk', 'question', 'Is alice gone?')}"`);

bob.disconnect();
