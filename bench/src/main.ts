import { messageOf } from './commands.js';
import { readFlags } from './flags.js';
import { planRelay } from './relay/plan.js';
import { reportRelay } from './relay/relay-report.js';
import { runRelay } from './relay/run-relay.js';
import { writeResults } from './result-files.js';

try {
  const flags = readFlags(process.argv.slice(2));
  const results = await runRelay(planRelay(flags), (line) => console.error(`bench: ${line}`));
  const report = reportRelay(results);
  console.log(report);
  if (flags.write) await writeResults({ name: 'relay', results, report });
} catch (error) {
  console.error(`bench: ${messageOf(error)}`);
  process.exitCode = 1;
}
