import type { DownloadSource } from '../support/download-source.js';
import type { TestRegistry } from '../support/verdaccio.js';

/** What a page runs that takes a README, or a description, for its own. */
const ATTACK = 'window.pwned = true';

/** Ways by which text becomes script where it is not made safe. */
const HOSTILE_README = `# A README of an attacker

<script>${ATTACK}</script>
<img src="x" onerror="${ATTACK}">
<svg onload="${ATTACK}"><script>${ATTACK}</script></svg>
<iframe srcdoc="<script>parent.${ATTACK}</script>"></iframe>
<style>body { display: none }</style>
<form action="/search"><input name="q" autofocus onfocus="${ATTACK}"></form>
<details open ontoggle="${ATTACK}"><summary>more</summary></details>
<a id="link" href="javascript:${ATTACK}">a link</a>
<a href="jav&#x09;ascript:${ATTACK}">another link</a>
<div id="state" name="state">not the state of the page</div>
<base href="https://attacker.example/">
<meta http-equiv="refresh" content="0;url=https://attacker.example/">

[a third link](javascript:${encodeURIComponent(ATTACK)}) ![](javascript:${encodeURIComponent(ATTACK)})

The end of the README.
`;

const USEFUL_README = `# tiny-parser

Parses *tiny* things, [as its documents say](docs/usage.md).

| input | output |
| --- | --- |
| \`1 + 1\` | \`2\` |

\`\`\`js
import { parse } from 'tiny-parser';

// Answers at once.
const answer = parse('1 + 1');
\`\`\`
`;

/** What the registry of the tests has. */
export async function fillRegistry(registry: TestRegistry, downloads: DownloadSource): Promise<void> {
  await registry.publish({ name: 'tiny-parser', version: '1.0.0', description: 'Parses tiny things' });
  await registry.publish({
    name: 'tiny-parser',
    version: '1.1.0',
    description: 'Parses tiny things',
    keywords: ['parser', 'tiny'],
    maintainers: ['ann', 'bob'],
    readme: USEFUL_README,
    files: { 'index.js': 'export const parse = () => 2;\n', 'docs/usage.md': '# Usage\n' },
    dependencies: { 'colour-tools': '^2.0.0' },
    manifest: {
      license: 'MIT',
      homepage: 'https://tiny.example/',
      repository: { type: 'git', url: 'git+https://github.com/ann/tiny-parser.git' },
    },
  });
  await registry.publish({
    name: 'colour-tools',
    version: '2.0.0',
    description: 'Mixes colours',
    maintainers: ['bob'],
  });
  await registry.publish({ name: '@ann/scoped', description: 'Something in a scope' });
  const name = 'hostile-readme';
  const description = `</script><script>${ATTACK}</script><b>bold</b>`;
  await registry.publish({ name, description, maintainers: ['mallory'], readme: HOSTILE_README });
  downloads.set(
    'tiny-parser',
    Array.from({ length: 90 }, (_, day) => 100 + 10 * (day % 7)),
  );
  downloads.set('colour-tools', 7_000);
}
