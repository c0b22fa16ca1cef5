import { posix, win32 } from 'node:path';

// Control characters, halves of characters, line separators, and what turns the direction of writing around.
const INVISIBLE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** Why a file may not be stored under the name that a peer gave it: a name must not lead out of its folder. */
export function refusedName(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'That is no name of a file';
  if (name !== posix.basename(name) || name !== win32.basename(name)) return 'A file name with folders is not taken';
  if (INVISIBLE.test(name)) return 'A file name with invisible characters is not taken';
  // Such files tell shells and programs what to do, and nobody sees them come.
  if (name.startsWith('.')) return 'A file name that begins with a dot is not taken';
  return undefined;
}
