import { Script } from 'node:vm';
import type { Root } from 'hast';
import rehypeHighlight from 'rehype-highlight';
import rehypeRaw from 'rehype-raw';
import rehypeSanitize, { defaultSchema } from 'rehype-sanitize';
import rehypeStringify from 'rehype-stringify';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRehype from 'remark-rehype';
import { unified } from 'unified';
import { cut } from './json-reader.js';
import { MAX_README, type PackageRecord } from './packument.js';
import { fitReadme } from './readme-tree.js';

/** As GitHub has it; what these elements hold is no text for people either. */
const SAFE = {
  ...defaultSchema,
  strip: ['script', 'style', 'title', 'textarea', 'iframe', 'noscript', 'template', 'svg', 'math', 'object', 'select'],
};

const CUT = '\n\n---\n\n*This README is longer than what is shown here.*\n';

/** How long one may take, in ms: there are texts at which parsers take time that grows with the square of their length. */
const LONGEST = 2_000;

/** Most HTML that one may become, in characters. */
const MAX_HTML = 4_194_304;

/** V8 stops what runs too long, wherever it is. */
const stoppable = new Script('render()');

/**
 * The HTML of a README, safe to show. Everything that it holds goes through the sanitizer; only what we add ourselves
 * comes after that. One that cannot be rendered is shown as it is written.
 */
export function readmeHtml({ readme, repository }: Pick<PackageRecord, 'readme' | 'repository'>): string {
  const text = readme.length > MAX_README ? `${cut(readme, MAX_README)}${CUT}` : readme;
  try {
    const render = () => rendered(text, repository);
    const html: string = stoppable.runInNewContext({ render }, { timeout: LONGEST });
    if (html.length <= MAX_HTML) return html;
  } catch {
    // It takes too long, or nests deeper than there is stack.
  }
  return `<pre tabindex="0">${text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)}</pre>`;
}

function rendered(text: string, repository: PackageRecord['repository']): string {
  const file = unified()
    .use(remarkParse)
    .use(remarkGfm)
    .use(remarkRehype, { allowDangerousHtml: true, clobberPrefix: '' })
    .use(rehypeRaw)
    .use(rehypeSanitize, SAFE)
    .use(() => (tree: Root) => fitReadme(tree, repository))
    .use(rehypeHighlight)
    .use(rehypeStringify)
    .processSync(text);
  return String(file);
}
