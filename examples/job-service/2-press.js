import { setTimeout } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const press = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'press', { isService: true });

/** What each job waits for. @type {Map<string, () => void>} */
const waiting = new Map();
let jobs = 0;

press.provideService('create', function (pages) {
  const job = `job-${++jobs}`;
  console.log(`${this.caller} creates ${job}`);
  // The last publication is kept for those who come late.
  press.createTopic(job, { retain: 1 });
  // The answer does not wait for the end of the job.
  void print(job, pages);
  return job;
});

press.provideService('goOn', function (job) {
  console.log(`${this.caller} lets ${job} go on`);
  waiting.get(job)?.();
});

/** Waits to be told that it may begin, and once more after the first page, which is a proof. */
async function print(/** @type {string} */ job, /** @type {number} */ pages) {
  await permission(job);
  for (let page = 1; page <= pages; page++) {
    await setTimeout(50);
    await press.publishTopic(job, { page, pages });
    if (page === 1) await permission(job);
  }
  console.log(`${job} is done`);
  waiting.delete(job);
  press.destroyTopic(job);
}

/** @returns {Promise<void>} */
function permission(/** @type {string} */ job) {
  return new Promise((resolve) => waiting.set(job, resolve));
}

press.once('connect', () => console.log('ready'));
