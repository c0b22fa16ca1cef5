import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const alice = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'alice');

const job = await alice.callService('press', 'create', 3);

const progress = alice.subscribeTopic('press', job, ({ page, pages }) => {
  console.log(`${job}: page ${page} of ${pages}`);
  progress.unsubscribe();
});

// From here on nothing is missed: the job may begin.
await progress.ready;
await alice.callService('press', 'goOn', job);

// Without a reason: she has ended it herself.
if (!(await progress.ended)) console.log(`${job}: a fine proof, bob will see to the rest`);

alice.disconnect();
