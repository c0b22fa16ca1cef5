import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HARMLESS, HOSTILE } from '../stream/hostile-packets.js';
import { type Command, command, open } from '../stream/stream-commands.js';
import { Model } from '../stream/stream-model.js';
import { atSize, record } from './support/figures.js';

const COMMANDS = atSize(20_000, 1_000_000);
const COMMANDS_PER_RUN = 250;

const which = fc.nat({ max: 23 });
const count = fc.integer({ min: 1, max: 12 });

/** The commands of the model of streams, where as many again are by ends that keep no rule. */
const hostileCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 2, arbitrary: command },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('hostile'),
      which,
      what: fc.constantFrom(...Object.keys(HOSTILE)),
      count,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('harmless'), which, what: fc.constantFrom(...Object.keys(HARMLESS)) }),
  },
);

it('threats: stream bytes beyond credit: of hostile ends no window is violated, and no other stream suffers', async () => {
  let commands = 0;
  let hostile = 0;
  const steps = fc.array(hostileCommand, { minLength: COMMANDS_PER_RUN, maxLength: COMMANDS_PER_RUN, size: 'max' });
  const opens = fc.array(open, { minLength: 4, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(opens, steps, async (first, then) => {
      const model = new Model();
      // The model checks after each of them.
      for (const step of [...first, { do: 'deliverAll' } as const, ...then]) await model.run(step);
      commands += then.length;
      hostile += then.filter((step) => step.do === 'hostile' || step.do === 'harmless').length;
      await model.checkItArrives();
      await model.checkNothingIsLeft();
    }),
    { numRuns: COMMANDS / COMMANDS_PER_RUN },
  );
  record({
    threat: 'stream bytes beyond credit',
    size: `${commands} commands`,
    goal: 'no window violated',
    measured: `none violated, ${hostile} hostile`,
    ok: true,
  });
  expect(commands).toBeGreaterThanOrEqual(COMMANDS);
}, 600_000);
