import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const src = fileURLToPath(new URL('../src/', import.meta.url));

/** Which folders of `src` each folder may import, and which packages. The floors of ARCHITECTURE.md. */
const FLOORS: Record<string, readonly string[]> = {
  protocol: ['type @standard-schema/spec'],
  async: [],
  stream: ['protocol', 'async', 'node:'],
  peer: ['protocol', 'async', 'stream'],
  client: ['protocol', 'async', 'stream', 'peer', 'type socket.io-client'],
  server: ['protocol', 'async', 'stream', 'peer', 'type socket.io', 'node:'],
  cli: [
    'protocol',
    'async',
    'stream',
    'peer',
    'client',
    'server',
    'commander',
    'socket.io',
    'type socket.io',
    'socket.io-client',
    '@socket.io/cluster-adapter',
    '@socket.io/redis-streams-adapter',
    '@socket.io/sticky',
    'redis',
    'node:',
  ],
};

/** What a file imports: `peer`, `node:`, `commander`, or `type socket.io` where only types cross. */
function importsOf(folder: string, file: string): string[] {
  const code = readFileSync(`${src}${folder}/${file}`, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const statements = code.matchAll(/(?:(import|export)(\s+type)?\s[^;'"]*?from\s*|import\s*\(?\s*)['"]([^'"]+)['"]/g);
  return [...statements].map(([, , type, specifier = '']) => {
    if (specifier.startsWith('node:')) return 'node:';
    if (!specifier.startsWith('.')) return `${type ? 'type ' : ''}${specifier}`;
    const { pathname } = new URL(specifier, `file:///src/${folder}/${file}`);
    return pathname.split('/')[2] ?? '';
  });
}

it.each(Object.entries(FLOORS))('src/%s imports only what is below it', (folder, allowed) => {
  const files = readdirSync(src + folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const foreign = importsOf(folder, file).filter((name) => name !== folder && !allowed.includes(name));
    expect([file, foreign]).toEqual([file, []]);
  }
});

it('every folder of src has its floor', () => {
  const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual(Object.keys(FLOORS).sort());
});
