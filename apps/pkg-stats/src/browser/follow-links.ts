import { addressOfQuery, readAddress } from '../pages/address.js';
import type { Site } from './site.js';

/** Opens links within the site, and searches, without a load; and goes back and forward. */
export function followLinks(site: Site): void {
  addEventListener('click', (event) => {
    const link = linkOf(event);
    if (!link || leavesPage(link)) return;
    const url = new URL(link.href);
    // The browser knows best how to get to a place in the same page.
    if (url.hash !== '' && isHere(url)) return;
    const address = readAddress(url);
    if (address.kind === 'lost') return;
    event.preventDefault();
    site.open(address, url.hash);
  });
  addEventListener('submit', (event) => {
    const { target } = event;
    if (!(target instanceof HTMLFormElement)) return;
    event.preventDefault();
    site.open(addressOfQuery(String(new FormData(target).get('q') ?? '')));
  });
  addEventListener('popstate', () => site.returnTo(new URL(location.href)));
}

/** Of a plain click: everything else means another tab, a download, or a menu. */
function linkOf(event: MouseEvent): HTMLAnchorElement | null {
  const { altKey, button, ctrlKey, defaultPrevented, metaKey, shiftKey, target } = event;
  if (defaultPrevented || button !== 0 || altKey || ctrlKey || metaKey || shiftKey) return null;
  return target instanceof Element ? target.closest('a[href]') : null;
}

function leavesPage({ target, origin, download }: HTMLAnchorElement): boolean {
  return (target !== '' && target !== '_self') || origin !== location.origin || download !== '';
}

const isHere = ({ pathname, search }: URL): boolean => pathname === location.pathname && search === location.search;
