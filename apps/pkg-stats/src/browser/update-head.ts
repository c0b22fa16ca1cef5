import { headOf } from '../pages/page-head.js';
import type { View } from '../pages/view.js';

/** What the window, and whoever keeps the address, is told of the page. */
export function updateHead(view: View): void {
  const { title, description, path, isIndexed } = headOf(view);
  document.title = title;
  const canonical = document.querySelector<HTMLLinkElement>('link[rel="canonical"]');
  // Its origin need not be that of this page. A path alone might be read as another host.
  const address = new URL(canonical?.href ?? location.href).origin + path;
  if (canonical) canonical.href = address;
  setMeta('meta[name="description"]', description);
  setMeta('meta[property="og:title"]', title);
  setMeta('meta[property="og:description"]', description);
  setMeta('meta[property="og:url"]', address);
  setRobots(isIndexed);
}

function setMeta(selector: string, content: string): void {
  document.querySelector(selector)?.setAttribute('content', content);
}

function setRobots(isIndexed: boolean): void {
  const present = document.querySelector('meta[name="robots"]');
  if (isIndexed) present?.remove();
  else if (!present) {
    const meta = document.createElement('meta');
    meta.name = 'robots';
    meta.content = 'noindex';
    document.head.append(meta);
  }
}
