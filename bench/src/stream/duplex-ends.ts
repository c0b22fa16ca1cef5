import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Inlet, Outlet } from './stream-contestant.js';

/** The sending end of a Node stream. */
export function outletOf(duplex: Duplex, failed: (error: Error) => void): Outlet {
  duplex.on('error', failed);
  // What nobody reads does not end.
  duplex.resume();
  return {
    write: (chunk) => duplex.write(chunk),
    drained: () => once(duplex, 'drain'),
    end: () => duplex.end(),
  };
}

/** Reads a Node stream, at once and as it comes. */
export function readInto(duplex: Duplex, inlet: Inlet, failed: (error: Error) => void): void {
  duplex.on('error', failed);
  duplex.on('data', (bytes: Uint8Array) => inlet.take(bytes));
  duplex.on('end', () => {
    duplex.end();
    inlet.ended();
  });
}
