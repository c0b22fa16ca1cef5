import { randomUUID } from 'node:crypto';

/** The client id of a command that nobody needs to reach. */
export function temporaryId(command: string): string {
  return `p2p-${command}-${randomUUID()}`;
}
