import fc from 'fast-check';
import { expect, it } from 'vitest';
import { command, open } from './stream-commands.js';
import { Model } from './stream-model.js';

const COMMANDS = process.env.NIGHTLY ? 1_000_000 : 50_000;
const COMMANDS_PER_RUN = 250;

it(
  'CS-3 CS-4 threats: any order of events: windows hold, order is kept, everything arrives once or the stream fails',
  async () => {
    let commands = 0;
    const steps = fc.array(command, { minLength: COMMANDS_PER_RUN, maxLength: COMMANDS_PER_RUN, size: 'max' });
    const opens = fc.array(open, { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(opens, steps, async (first, then) => {
        const model = new Model();
        for (const step of [...first, { do: 'deliverAll' } as const, ...then]) await model.run(step);
        commands += then.length;
        await model.checkItArrives();
        await model.checkNothingIsLeft();
      }),
      { numRuns: COMMANDS / COMMANDS_PER_RUN },
    );
    expect(commands).toBeGreaterThanOrEqual(COMMANDS);
  },
  COMMANDS,
);
