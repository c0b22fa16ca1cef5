import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { P2PClientSocket } from '../client/p2p-client-plugin.js';
import type { IncomingStream } from '../peer/stream-options.js';
import { CliError, describeError } from './cli-error.js';
import { confirm, receiveContent } from './file-content.js';
import { refusedName } from './file-name.js';
import { formatName } from './format-json.js';
import { ProgressLine, type ProgressPart } from './progress-line.js';
import { ReceivedFile, refusedPlace } from './received-file.js';
import { type FileMetadata, offeredFile } from './stream-kind.js';

/** Of the name of a file that is refused, in characters. */
const LONGEST_SHOWN = 100;

export interface InboxOptions {
  readonly folder: string;
  /** Whether files are replaced. */
  readonly force: boolean;
  /** Whether all but one file are refused. */
  readonly once: boolean;
  /** A file that was accepted has been received, or has not. */
  readonly ended: (success: boolean) => void;
}

/** The files that peers send to a folder: any number at once. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #progress = new ProgressLine(process.stderr);
  readonly #transfers = new Map<Duplex, Promise<void>>();
  readonly #names = new Set<string>();
  #isFull = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  open(socket: P2PClientSocket): void {
    const accept = async (incoming: IncomingStream) => {
      const offer = offeredFile(incoming);
      const refusal = typeof offer === 'string' ? offer : await this.#refusal(offer);
      const what = typeof offer === 'string' ? 'a stream' : formatName(offer.name.slice(0, LONGEST_SHOWN));
      if (refusal !== undefined) this.notice(`refused ${what} from ${formatName(incoming.from)}: ${refusal}`);
      return refusal ?? true;
    };
    socket.onAddP2pStream({ objectMode: false, accept }, (duplex, incoming) => this.#take(duplex, incoming));
  }

  /** A line on stderr. */
  notice(text: string): void {
    this.#progress.clear();
    console.error(`p2p: ${text}`);
  }

  /** Breaks off what is under way, and leaves nothing of it. Resolves to whether there was something. */
  async close(reason: Error): Promise<boolean> {
    const transfers = [...this.#transfers];
    for (const [duplex] of transfers) duplex.destroy(reason);
    await Promise.all(transfers.map(([, ended]) => ended));
    return transfers.length > 0;
  }

  async #refusal(offer: FileMetadata): Promise<string | undefined> {
    const { folder, force } = this.#options;
    return refusedName(offer.name) ?? this.#conflict(offer) ?? refusedPlace(join(folder, offer.name), force);
  }

  #conflict({ name }: FileMetadata): string | undefined {
    if (this.#isFull) return 'One file only is taken here';
    return this.#names.has(name) ? 'A file of that name is just being received' : undefined;
  }

  #take(duplex: Duplex, incoming: IncomingStream): void {
    duplex.on('error', () => {});
    const offer = offeredFile(incoming);
    // Two may have been accepted at once.
    const conflict = typeof offer === 'string' ? offer : this.#conflict(offer);
    if (typeof offer === 'string' || conflict !== undefined) return void duplex.destroy(new CliError(conflict));
    this.#isFull = this.#options.once;
    this.#names.add(offer.name);
    const ended = this.#transfer(duplex, incoming.from, offer).then((success) => {
      this.#names.delete(offer.name);
      this.#transfers.delete(duplex);
      this.#options.ended(success);
    });
    this.#transfers.set(duplex, ended);
  }

  async #transfer(duplex: Duplex, from: string, file: FileMetadata): Promise<boolean> {
    const part = this.#progress.begin(formatName(file.name), file.size);
    try {
      const digest = await this.#store(duplex, file, part);
      part.end(true);
      this.#progress.clear();
      console.log([from, file.name].map(formatName).join(' '), file.size, digest.toString('hex'));
      await confirm(duplex, digest).catch((error) => {
        this.notice(
          `${formatName(from)} may not know that ${formatName(file.name)} has arrived: ${describeError(error)}`,
        );
      });
      return true;
    } catch (error) {
      part.end(false);
      duplex.destroy(error as Error);
      this.notice(`${formatName(file.name)} from ${formatName(from)}: ${describeError(error)}`);
      return false;
    }
  }

  async #store(duplex: Duplex, { name, size }: FileMetadata, part: ProgressPart): Promise<Buffer> {
    const file = await ReceivedFile.create(this.#options.folder, name);
    try {
      const digest = await receiveContent(duplex, size, async (chunk) => {
        await file.write(chunk);
        part.advance(chunk.length);
      });
      await file.place(this.#options.force);
      return digest;
    } catch (error) {
      await file.remove();
      throw error;
    }
  }
}
