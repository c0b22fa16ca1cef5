import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const alice = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'alice');

alice.emitTo('desk', 'hello');
console.log(`desk says "${await alice.emitToWithAck('desk', 'question', 'Are you open?')}"`);

alice.disconnect();
