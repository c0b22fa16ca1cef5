import type { JSX } from 'preact';
import { decoded } from './address.js';
import { Heading } from './heading.js';

export function LostPage({ path }: { path: string }): JSX.Element {
  return (
    <>
      <Heading>Page not found</Heading>
      <p>
        There is nothing at <code>{decoded(path)}</code>. Search above, or see <a href="/">the feeds</a>.
      </p>
    </>
  );
}
