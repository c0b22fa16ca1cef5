import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { failureOf } from './fill-view.js';
import { formatBytes, formatNumberOf } from './format.js';
import { useInteractive } from './interactive.js';
import { FailureNotice } from './notices.js';
import type { Failure } from './view.js';

interface File {
  readonly path: string;
  readonly size: number;
}

interface Listing {
  readonly state: 'none' | 'coming' | 'whole' | 'broken';
  readonly files: readonly File[];
  readonly failure?: Failure;
}

/** What is in the package: its tarball is read when somebody wants to know. Needs script. */
export function FileList({ name }: { name: string }): JSX.Element | null {
  const interactive = useInteractive();
  const [{ state, files, failure }, setListing] = useState<Listing>({ state: 'none', files: [] });
  const leave = useRef(() => {});
  useEffect(() => () => leave.current(), []);
  if (!interactive) return null;
  const press = () => {
    if (state === 'coming') return undefined;
    if (state === 'whole') return setListing({ state: 'none', files: [] });
    const stop = new AbortController();
    leave.current = () => stop.abort();
    return readFiles(() => interactive.files(name), setListing, stop.signal);
  };
  const total = files.reduce((sum, { size }) => sum + size, 0);
  return (
    <section>
      <h2>Files</h2>
      {/* It stays, whatever there is to press it for: the focus is on it. */}
      <button type="button" onClick={press} aria-disabled={state === 'coming'}>
        {state === 'whole' ? 'Hide the files' : 'List the files'}
      </button>
      <p role="status">
        {state === 'coming' && 'Reading the package …'}
        {state === 'whole' && `${formatNumberOf(files.length, 'file')}, ${formatBytes(total)}`}
      </p>
      {failure && <FailureNotice failure={failure} hasOwnRetry />}
      {files.length > 0 && (
        <ul class="files">
          {files.map(({ path, size }) => (
            <li key={path}>
              <span class="path">{path}</span> <span>{formatBytes(size)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

async function readFiles(
  ask: () => Promise<AsyncIterable<File>>,
  show: (listing: Listing) => void,
  signal: AbortSignal,
): Promise<void> {
  const files: File[] = [];
  const showIfWanted = (listing: Omit<Listing, 'files'>) => {
    if (!signal.aborted) show({ ...listing, files: [...files] });
  };
  showIfWanted({ state: 'coming' });
  try {
    for await (const file of await ask()) {
      // Leaving the loop stops the worker.
      if (signal.aborted) return;
      files.push(file);
      // Some show that it goes on; all of them one by one would be slow.
      if (files.length % 100 === 1) showIfWanted({ state: 'coming' });
    }
    showIfWanted({ state: 'whole' });
  } catch (error) {
    showIfWanted({ state: 'broken', failure: failureOf(error) });
  }
}
