import type { ComponentChildren, JSX } from 'preact';

/** The one `h1`, which gets the focus when its page has come without a load. */
export function Heading({ children }: { children: ComponentChildren }): JSX.Element {
  return <h1 tabIndex={-1}>{children}</h1>;
}
