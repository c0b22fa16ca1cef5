import { expect, it } from 'vitest';
import { History } from './support/history.js';

type Act = (history: History) => void;

const ask: Act = (history) => void history.invoke('ann', 'ben');
const come = (history: History, number: number, receiver = 'ben') =>
  history.delivered({ from: 'ann', to: 'ben', number }, receiver);
const operation = { from: 'ann', to: 'ben', number: 1 };

it.each<[string, Act[], string[]]>([
  ['nothing of what fits', [ask, (h) => come(h, 1), (h) => h.ok(operation)], []],
  ['nothing of what may have come', [ask, (h) => h.unknown(operation, 'LINK_DOWN')], []],
  ['an acknowledged loss', [ask, (h) => h.ok(operation)], ['was acknowledged and did not come']],
  ['a duplicate', [ask, (h) => come(h, 1), (h) => come(h, 1), (h) => h.ok(operation)], ['came more than once']],
  ['what came though it had failed', [ask, (h) => come(h, 1), (h) => h.fail(operation, 'X')], ['came and failed']],
  ['what came to another', [ask, (h) => come(h, 1, 'cat'), (h) => h.ok(operation)], ['came to cat']],
  ['what nobody sent', [(h) => come(h, 1)], ['was never sent']],
  ['what was never settled', [ask, (h) => come(h, 1)], ['was never settled']],
  [
    'what came after the end',
    [ask, (h) => h.close('ben'), (h) => come(h, 1), (h) => h.ok(operation)],
    ['came after ben had closed'],
  ],
  [
    'a wrong order',
    [ask, ask, (h) => come(h, 2), (h) => come(h, 1), (h) => h.ok(operation), (h) => h.ok({ ...operation, number: 2 })],
    ['came after a later one'],
  ],
])('the history of a test finds %s', (_, acts, problems) => {
  const history = new History();
  for (const act of acts) act(history);
  expect(history.problems().map((problem) => problem.replace(/^ann → ben \d /, ''))).toEqual(problems);
});
