/**
 * Where what has the focus goes away, the heading of its section gets it, or that of the page:
 * or else the keyboard and screen readers would begin at the top again.
 */
export function keepFocus(change: () => void): void {
  const { activeElement } = document;
  const section = activeElement?.closest('section');
  change();
  if (!activeElement || activeElement.isConnected) return;
  const heading = section?.isConnected ? section.querySelector('h2') : null;
  if (!heading) return focusHeading();
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

/** Of the page. */
export function focusHeading(): void {
  document.querySelector('h1')?.focus({ preventScroll: true });
}
