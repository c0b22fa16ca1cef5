import type { Element, ElementContent, Root } from 'hast';
import { textIn } from './hast-text.js';
import type { PackageRecord } from './packument.js';
import { headingFitter } from './readme-headings.js';

type Parent = Root | Element;

/** Code longer than this is shown without colours, in characters: to find them takes time. */
const MAX_COLOURED = 30_000;

/** Fits a README that is safe already into a page: where links lead, how headings nest, what the keyboard reaches. */
export function fitReadme(tree: Root, repository: PackageRecord['repository']): void {
  const fitHeading = headingFitter();
  visit(tree, (element, parent) => {
    if (element.tagName === 'a') fitLink(element, repository);
    else if (element.tagName === 'img') fitImage(element, parent, repository);
    else if (element.tagName === 'input') replace(parent, element, checkMark(element));
    else if (element.tagName === 'source') remove(parent, element);
    else if (element.tagName === 'pre') fitCode(element);
    else if (element.tagName === 'table') replace(parent, element, scrollable(element));
    else if (/^h[1-6]$/.test(element.tagName)) fitHeading(element);
  });
}

/** From the inside out, so that who replaces an element has seen what is in it. */
function visit(parent: Parent, seen: (element: Element, parent: Parent) => void): void {
  for (const child of [...parent.children]) {
    if (child.type !== 'element') continue;
    visit(child, seen);
    seen(child, parent);
  }
}

function fitLink(link: Element, repository: PackageRecord['repository']): void {
  const href = resolved(link.properties.href, repository, 'blob');
  if (href === undefined) {
    delete link.properties.href;
    return;
  }
  link.properties.href = href;
  // A link needs a name, also where only an image without words is in it.
  if (textIn(link, 'spoken').trim() === '') link.properties.ariaLabel = href;
  if (!href.startsWith('#')) link.properties.rel = ['nofollow', 'noopener', 'noreferrer', 'ugc'];
}

function fitImage(image: Element, parent: Parent, repository: PackageRecord['repository']): void {
  const src = resolved(image.properties.src, repository, 'raw');
  const alt = String(image.properties.alt ?? '');
  if (!src?.startsWith('https:')) {
    replace(parent, image, { type: 'text', value: alt });
    return;
  }
  Object.assign(image.properties, { src, alt, loading: 'lazy' });
}

function fitCode(pre: Element): void {
  pre.properties.tabIndex = 0;
  for (const code of pre.children) {
    if (code.type === 'element' && textIn(code).length > MAX_COLOURED) delete code.properties.className;
  }
}

/** An address that a page can show; nothing where it leads nowhere. */
function resolved(address: unknown, repository: PackageRecord['repository'], kind: 'blob' | 'raw'): string | undefined {
  if (typeof address !== 'string') return undefined;
  if (address.startsWith('#')) {
    const id = address.slice(1).replace(/^user-content-/, '');
    return id === '' ? undefined : `#user-content-${id}`;
  }
  const base = repository ? baseOf(repository, kind) : undefined;
  if (!URL.canParse(address, base)) return undefined;
  const url = new URL(address, base);
  return /^(?:https?|mailto):$/.test(url.protocol) ? url.href : undefined;
}

function baseOf(
  { page, directory }: NonNullable<PackageRecord['repository']>,
  kind: 'blob' | 'raw',
): string | undefined {
  const github = /^https:\/\/(?:www\.)?github\.com\/([\w.-]+\/[\w.-]+)/.exec(page);
  if (!github) return undefined;
  const folder = directory.replace(/^\.?\/+|\/+$/g, '');
  const path = `${folder}${folder && '/'}`;
  return kind === 'raw'
    ? `https://raw.githubusercontent.com/${github[1]}/HEAD/${path}`
    : `https://github.com/${github[1]}/blob/HEAD/${path}`;
}

function checkMark({ properties }: Element): ElementContent {
  return { type: 'text', value: properties.checked ? '☑' : '☐' };
}

/** Wide tables scroll by themselves, by keyboard too. */
function scrollable(table: Element): Element {
  return { type: 'element', tagName: 'div', properties: { className: ['table'], tabIndex: 0 }, children: [table] };
}

function replace(parent: Parent, old: Element, by: ElementContent): void {
  parent.children.splice(parent.children.indexOf(old), 1, by);
}

function remove(parent: Parent, old: Element): void {
  parent.children.splice(parent.children.indexOf(old), 1);
}
