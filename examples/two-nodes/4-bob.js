import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const socket = io(process.env.P2P_URL ?? 'http://localhost:9000', { transports: ['websocket'] });
const bob = p2pClientPlugin(socket, 'bob');

// Bob is on the node of the station, and Alice on the other one. Nothing here has to know.
await bob.addP2pTarget('alice');
const greeting = await bob.emitToWithAck('alice', 'greet', 'Hello alice');
console.log(`alice says "${greeting}"`);

await bob.subscribeTopic('station', 'weather', (text) => console.log(`it is ${text}`)).ready;
await bob.callService('station', 'report', 'raining');

// A stream is held up by its reader on the other node, as it is on one node.
const bytes = randomBytes(8 * 1_048_576);
const duplex = await bob.addP2pStream('alice');
const [returned] = await Promise.all([buffer(duplex), pipeline(Readable.from(chunksOf(bytes)), duplex)]);
console.log(`${returned.length} bytes there and back: ${returned.equals(bytes) ? 'all well' : 'broken'}`);

// Alice's node is killed. Whatever waits for her ends, with a reason.
const gone = new Promise((resolve) => bob.once('MULTI_API_TARGET_DISCONNECT', (...args) => resolve(args)));
const back = new Promise((resolve) => bob.onceAny('back', resolve));
const { code } = await bob.emitToWithAck('alice', 'kill').catch((error) => error);
console.log(`no answer of alice: ${code}`);
console.log(`our pair has ended: ${(await gone).join(', ')}`);

// She comes back at this node, and is reached as before.
console.log(`${await back} is back`);
await bob.callService('station', 'report', 'clearing up');
console.log(`alice says "${await bob.emitToWithAck('alice', 'greet', 'Hello again')}"`);

bob.disconnect();

function* chunksOf(/** @type {Buffer} */ whole) {
  for (let at = 0; at < whole.length; at += 65_536) yield whole.subarray(at, at + 65_536);
}
