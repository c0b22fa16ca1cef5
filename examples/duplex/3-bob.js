import { createInterface } from 'node:readline';
import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const bob = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'bob');

// What becomes of a stream whose errors nobody listens for is told here.
bob.on('SERVER_ERROR', (error) => {
  console.error(`${error.code}: ${error.message}`);
  process.exit(1);
});

// A stream is a Duplex of Node: both sides write, both sides read.
const shout = await bob.addP2pStream('alice', { metadata: 'shout' });
const lines = createInterface({ input: shout })[Symbol.asyncIterator]();

shout.write('hello\n');
console.log(`alice shouts "${(await lines.next()).value}"`);

shout.write('how are you?\n');
console.log(`alice shouts "${(await lines.next()).value}"`);

// This direction ends here; the other one when Alice ends it.
shout.end();
for await (const line of lines) console.log(`alice says "${line}"`);

// A stream of objects. Destroying one end destroys the other, with the message and the code of its error.
const sum = await bob.addP2pStream('alice', { metadata: 'sum', objectMode: true });
const answers = sum[Symbol.asyncIterator]();

for (const number of [3, 4, 'five']) {
  sum.write(number);
  await answers.next().then(
    ({ value }) => console.log(`with ${value.number} it is ${value.sum}`),
    (error) => console.log(`${error.code}: ${error.message}, ${error.details.code}`),
  );
}

// A stream that is refused has never been there.
await bob.addP2pStream('alice', { metadata: 'sing' }).catch((error) => console.log(`${error.code}: ${error.message}`));

bob.disconnect();
