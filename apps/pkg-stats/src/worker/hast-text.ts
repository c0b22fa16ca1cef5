import type { ElementContent } from 'hast';

/** The text of a node: what is written in it, or what a screen reader says, which has the words of images too. */
export function textIn(node: ElementContent, kind: 'written' | 'spoken' = 'written'): string {
  if (node.type === 'text') return node.value;
  if (node.type !== 'element') return '';
  if (node.tagName === 'img') return kind === 'spoken' ? String(node.properties.alt ?? '') : '';
  return node.children.map((child) => textIn(child, kind)).join('');
}
