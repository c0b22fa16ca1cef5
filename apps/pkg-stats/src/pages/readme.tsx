import type { JSX } from 'preact';
import { FailureNotice, Part } from './notices.js';
import type { PackageView } from './view.js';

/** By this the browser finds what the server has put there. */
export const README_ID = 'readme-html';

export function Readme({ part }: { part: PackageView['readme'] }): JSX.Element {
  return (
    <section class="readme" aria-labelledby="readme-title">
      <h2 id="readme-title">Readme</h2>
      <ReadmeBody part={part} />
    </section>
  );
}

function ReadmeBody({ part }: { part: PackageView['readme'] }): JSX.Element {
  if (part.state === 'failed' && part.failure !== 'not-found') return <FailureNotice failure={part.failure} />;
  if (part.state === 'failed' || (part.state === 'ready' && part.value === '')) return <p>It has no readme.</p>;
  return (
    <Part part={part} name="the readme">
      {/* The worker has sanitised it: see the contract. */}
      {(html) => <div id={README_ID} class="prose" dangerouslySetInnerHTML={{ __html: html }} />}
    </Part>
  );
}
