import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { SortOrder } from './sort-packages.js';

/** What only a browser with script can do. */
export interface Interactive {
  readonly link: 'connecting' | 'up' | 'down';
  /** Whether feeds are shown as they change. */
  readonly isPaused: boolean;
  setPaused(isPaused: boolean): void;
  /** Packages in the feed of the newest that were not there at first. */
  readonly newPackages: number;
  /** Asks again for what has failed. */
  retry(): void;
  /** Of the table of a user's packages. */
  sort(order: SortOrder): void;
  files(name: string): Promise<AsyncIterable<{ path: string; size: number }>>;
}

export const InteractiveContext = createContext<Interactive | undefined>(undefined);

/** Undefined on the server and where it is taken over from there: what needs script is not shown yet. */
export const useInteractive = (): Interactive | undefined => useContext(InteractiveContext);
