// The process above those of `node:cluster`: it starts them, and passes on what the tests ask of each.
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { setupPrimary } from '@socket.io/cluster-adapter';

const serialization = process.env.P2P_SERIALIZATION === 'json' ? 'json' : 'advanced';
cluster.setupPrimary({ exec: fileURLToPath(new URL('./node.js', import.meta.url)), serialization });
setupPrimary();

const workers = Array.from({ length: Number(process.env.P2P_NODES) }, () => cluster.fork());

workers.forEach((worker, node) => {
  worker.on('message', (message) => {
    if ('listening' in message || 'id' in message) process.send?.({ node, message });
  });
});
process.on('message', (/** @type {{ node: number, message: object }} */ { node, message }) => {
  const worker = workers[node];
  if (worker?.isConnected()) worker.send(message);
});
process.on('disconnect', () => {
  for (const { process: child } of workers) child.kill('SIGKILL');
  process.exit();
});
