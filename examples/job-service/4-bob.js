import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const bob = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'bob');

// What a service offers can be asked for. Here each job is a topic.
const { topics } = await bob.describeService('press');
const jobs = topics.map(({ name }) => name);
console.log(`the press has ${jobs.join(' and ')}`);

for (const job of jobs) {
  // Without a callback a subscription is iterated. What it begins with was published before Bob came.
  const progress = bob.subscribeTopic('press', job);
  try {
    for await (const { page, pages } of progress) {
      console.log(`${job}: page ${page} of ${pages}`);
      if (page === 1) await bob.callService('press', 'goOn', job);
    }
  } catch (error) {
    // It ends with the reason.
    const { code, message } = /** @type {import('socket.io-p2p-plugin').P2PError} */ (error);
    console.log(`${code}: ${message}`);
  }
}

bob.disconnect();
