import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { describeApp, type Shelf } from './world.js';

/** Of the documents, made by `PICTURES=1 npx vitest run apps/pkg-stats/test/e2e/pictures.test.ts`. */
const FOLDER = fileURLToPath(new URL('../../../../docs/pkg-stats/', import.meta.url));

const README = `# tidepool

Keeps rows of numbers in memory, and tells what has changed.

\`\`\`js
import { Pool } from 'tidepool';

const pool = new Pool({ rows: 1_000 });
pool.on('change', ({ row, before, after }) => console.log(row, before, '→', after));
pool.set(7, 42);
\`\`\`

| call | takes | gives |
| --- | --- | --- |
| \`set(row, value)\` | a number | the value before |
| \`get(row)\` | | the value |
| \`on('change', listener)\` | a function | a way to take it back |

## What it does not do

It keeps nothing on disk, and knows nothing of *units*.
`;

const PACKAGES: readonly (readonly [name: string, description: string, users: string[], weekly: number | null])[] = [
  ['tidepool', 'Keeps rows of numbers in memory, and tells what has changed', ['marlow', 'inez'], 48_213],
  ['lantern-cli', 'Shows the light of your terminal', ['inez'], 912_400],
  ['paper-boat', 'Sends small files over slow links', ['marlow'], 15_066],
  ['@harbour/ropes', 'Knots for strings', ['harbour-team', 'inez'], 7_310],
  ['@harbour/buoys', 'Markers that stay where they are put', ['harbour-team'], null],
  ['kelp-parser', 'Reads what grows on the ground', ['oona'], 260_981],
  ['driftwood', 'Finds modules that nobody asks for', ['oona', 'marlow'], 3_240_118],
  ['saltmarsh', 'Validates whatever the tide brings in', ['petrel'], 1_204_555],
  ['sandbar', 'A place for queues to wait', ['petrel'], 88_190],
  ['gull-cry', 'Tells everybody at once', ['inez'], 5_518],
  ['barnacle', 'Sticks to a process, and tells how it does', ['marlow'], 430_027],
  ['rockweed', 'Colours for maps', ['oona'], 61_702],
];

const shelf: Shelf = async (registry, downloads) => {
  for (const [name, description, maintainers, weekly] of PACKAGES) {
    const isFirst = name === 'tidepool';
    const more = isFirst && {
      version: '3.1.0',
      readme: README,
      keywords: ['numbers', 'memory', 'events', 'rows'],
      dependencies: { driftwood: '^4.0.0', barnacle: '^1.2.0' },
      manifest: {
        license: 'MIT',
        homepage: 'https://tidepool.example/',
        repository: { type: 'git', url: 'git+https://github.com/marlow/tidepool.git' },
      },
    };
    await registry.publish({ name, description, maintainers, ...more });
    if (weekly !== null) downloads.set(name, isFirst ? season(weekly / 7) : weekly);
  }
};

/** A quarter of a year, with its weekends. */
function season(daily: number): number[] {
  return Array.from({ length: 91 }, (_, day) => {
    const isWeekend = [0, 6].includes(new Date(Date.now() - (91 - day) * 86_400_000).getUTCDay());
    return Math.round(daily * (0.7 + day / 300) * (isWeekend ? 0.55 : 1.1));
  });
}

describe.runIf(process.env.PICTURES)('for the documents', () => {
  describeApp(
    'pictures',
    (world, openPage) => {
      it.each([
        ['home', '/'],
        ['package', '/package/tidepool'],
        ['user', '/user/marlow'],
      ])('of %s', async (name, path) => {
        const page = await openPage({ viewport: { width: 1_200, height: 860 } });
        await page.goto(world().app.url + path);
        await page.locator('html[data-live=on]').waitFor();
        await page.screenshot({ path: `${FOLDER}${name}.png` });
      });
    },
    { shelf },
  );
});
