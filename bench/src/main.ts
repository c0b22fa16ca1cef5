import { reportCluster } from './cluster/cluster-report.js';
import { planCluster } from './cluster/plan.js';
import { runCluster } from './cluster/run-cluster.js';
import { messageOf } from './commands.js';
import { type Flags, readFlags, type SuiteName } from './flags.js';
import type { Progress } from './progress.js';
import { planRelay } from './relay/plan.js';
import { reportRelay } from './relay/relay-report.js';
import { runRelay } from './relay/run-relay.js';
import { writeResults } from './result-files.js';
import { planServices } from './service/plan.js';
import { runServices } from './service/run-services.js';
import { reportServices } from './service/services-report.js';
import { planStreams } from './stream/plan.js';
import { runStreams } from './stream/run-streams.js';
import { reportStreams } from './stream/streams-report.js';
import { planTricks, runTricks } from './trick/run-tricks.js';
import { reportTricks } from './trick/tricks-report.js';
import { planWires } from './wire/plan.js';
import { runWires } from './wire/run-wires.js';
import { plotWires } from './wire/wire-plot.js';
import { reportWires } from './wire/wire-report.js';

interface Outcome {
  readonly results: object;
  readonly report: string;
  readonly plot?: string;
}

type Suite = (flags: Flags, progress: Progress) => Promise<Outcome>;

const SUITES: Record<SuiteName, Suite> = {
  async wires(flags, progress) {
    const results = await runWires(planWires(flags), progress);
    return { results, report: reportWires(results), plot: plotWires(results) };
  },

  async tricks(flags, progress) {
    const results = await runTricks(planTricks(flags), progress);
    return { results, report: reportTricks(results) };
  },

  async relay(flags, progress) {
    const results = await runRelay(planRelay(flags), progress);
    return { results, report: reportRelay(results) };
  },

  async streams(flags, progress) {
    const results = await runStreams(planStreams(flags), progress);
    return { results, report: reportStreams(results) };
  },

  async services(flags, progress) {
    const results = await runServices(planServices(flags), progress);
    return { results, report: reportServices(results) };
  },

  async cluster(flags, progress) {
    const results = await runCluster(planCluster(flags), progress);
    return { results, report: reportCluster(results) };
  },
};

try {
  const flags = readFlags(process.argv.slice(2));
  for (const name of flags.suites) {
    const outcome = await SUITES[name](flags, (line) => console.error(`bench: ${name}: ${line}`));
    console.log(outcome.report);
    if (flags.write) await writeResults({ name, ...outcome });
  }
} catch (error) {
  console.error(`bench: ${messageOf(error)}`);
  process.exitCode = 1;
}
