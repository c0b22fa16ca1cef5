import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Example } from './example.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();
const name = process.argv[2] ?? '';

if (names.includes(name)) {
  const example = new Example(join(here, name), console.log);
  process.on('SIGINT', () => example.stop(130));
  process.on('SIGTERM', () => example.stop(143));
  process.exitCode = await example.run();
} else {
  console.error(name ? `There is no example "${name}".` : 'Which example?');
  console.error(names.map((known) => `  npm run example ${known}`).join('\n'));
  process.exitCode = 1;
}
