import { CliError } from './cli-error.js';
import { checkStandardInput, inputFailed } from './standard-input.js';

/** The values that come from stdin, one JSON a line; empty lines are left out. What cannot be read is refused at once. */
export function readJsonLines(): AsyncGenerator<unknown, void> {
  checkStandardInput();
  return readValues();
}

/** Lets the process end while stdin is open, and whoever waits for a line fail. */
export function stopReading(): void {
  process.stdin.destroy();
}

async function* readValues(): AsyncGenerator<unknown, void> {
  let number = 0;
  for await (const line of readLines()) {
    number++;
    if (line.trim() !== '') yield parseLine(line, number);
  }
}

async function* readLines(): AsyncGenerator<string, void> {
  // A long line comes in pieces.
  let begun: string[] = [];
  try {
    for await (const chunk of process.stdin.setEncoding('utf8') as AsyncIterable<string>) {
      const [first = '', ...others] = chunk.split('\n');
      begun.push(first);
      for (const next of others) {
        yield begun.join('');
        begun = [next];
      }
    }
  } catch (error) {
    throw inputFailed(error);
  }
  yield begun.join('');
}

function parseLine(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new CliError(`line ${number} of stdin is not JSON: ${(error as Error).message}`);
  }
}
