import { readSettings, type Settings } from './settings.js';

interface Closable {
  close(): Promise<void>;
}

/** Runs a part of the application in this process, until that is told to end or its parent has. What fails ends it. */
export async function runPart<Part extends Closable>(
  name: string,
  start: (settings: Settings) => Part | Promise<Part>,
): Promise<Part> {
  const fail = (error: unknown): never => {
    console.error(`pkg-stats ${name}: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  };
  // Until it has started, there is nothing to close.
  const leave = () => process.exit();
  process.once('disconnect', leave);
  try {
    const part = await start(readSettings(process.env));
    process.off('disconnect', leave);
    const stop = () => {
      part.close().then(() => process.exit(), fail);
    };
    for (const signal of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(signal, stop);
    return part;
  } catch (error) {
    return fail(error);
  }
}
