import type { JSX } from 'preact';
import type { PackageDetails } from '../contract.js';
import { formatCount } from './format.js';
import { PackageLink } from './package-link.js';

type Dependencies = PackageDetails['dependencies'];

const KINDS = [
  ['runtime', 'Dependencies'],
  ['peer', 'Peer dependencies'],
  ['optional', 'Optional dependencies'],
] as const;

export function DependencyList({ dependencies }: { dependencies: Dependencies }): JSX.Element {
  if (dependencies.length === 0) {
    return (
      <section>
        <h2>Dependencies</h2>
        <p>It depends on no other package.</p>
      </section>
    );
  }
  return (
    <>
      {KINDS.map(([kind, title]) => (
        <DependenciesOfKind key={kind} title={title} dependencies={dependencies.filter((one) => one.kind === kind)} />
      ))}
    </>
  );
}

function DependenciesOfKind({ title, dependencies }: { title: string; dependencies: Dependencies }) {
  if (dependencies.length === 0) return null;
  return (
    <section>
      <h2>
        {title} <span class="count">{formatCount(dependencies.length)}</span>
      </h2>
      <ul class="dependencies">
        {dependencies.map(({ name, range }) => (
          <li key={name}>
            <PackageLink name={name} /> <span class="version">{range}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
