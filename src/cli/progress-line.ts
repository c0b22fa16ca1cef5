/** Between two drawings, in ms. */
const INTERVAL = 100;

/** How long the past is of which the rate is taken, in ms. */
const MEMORY = 3_000;

const LEAST_BAR = 10;

/** To the beginning of the line, and nothing on it. */
const CLEAR = '\r\x1b[K';

const LONGEST_LABEL = 32;

export interface ProgressFigures {
  readonly label: string;
  /** In bytes. */
  readonly done: number;
  /** In bytes, where it is known. */
  readonly total: number | undefined;
  /** In bytes per second. */
  readonly rate: number;
  /** Of the terminal. */
  readonly columns: number;
}

/** One line about a transfer, never longer than the terminal is wide. */
export function formatProgress({ label: name, done, total, rate, columns }: ProgressFigures): string {
  const label = name.length > LONGEST_LABEL ? `${name.slice(0, LONGEST_LABEL - 1)}…` : name;
  if (total === undefined) return `${label}  ${formatBytes(done)}  ${formatBytes(rate)}/s`.slice(0, columns);
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const missing = Math.max(0, total - done);
  const left = rate > 0 || missing === 0 ? formatTime((missing / Math.max(1, rate)) * 1_000) : '-:--';
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  const figures = `${formatBytes(done)} of ${formatBytes(total)}  ${formatBytes(rate)}/s  ${left} left`;
  const room = columns - [label, percent, figures].join('  ').length - '  []'.length;
  const bar = room >= LEAST_BAR ? `  [${'='.repeat(Math.round(share * room)).padEnd(room)}]` : '';
  return `${label}  ${percent}${bar}  ${figures}`.slice(0, columns);
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1_024 ** power).toFixed(power > 0 ? 1 : 0)} ${units[power]}`;
}

export function formatTime(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0'));
  return seconds < 3_600 ? parts.join(':').replace(/^0/, '') : [Math.floor(seconds / 3_600), ...parts].join(':');
}

/** @param ms how long it took */
export function formatSummary({ label, done }: Pick<ProgressFigures, 'label' | 'done'>, ms: number): string {
  const rate = formatBytes((done * 1_000) / Math.max(1, ms));
  return `${label}  ${formatBytes(done)} in ${formatTime(ms)}, ${rate}/s`;
}

/** One transfer that the line shows, from its first bytes on. */
export interface ProgressPart {
  advance(bytes: number): void;
  /** It is over; where it went well, a summary stays on the terminal. */
  end(success: boolean): void;
}

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

interface Part {
  readonly label: string;
  readonly total: number | undefined;
  readonly begun: number;
  done: number;
}

/** Keeps one line of a terminal up to date; where there is no terminal, it does nothing. */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #parts = new Set<Part>();
  #isOff: boolean;
  #isDrawn = false;
  #moved = 0;
  #past: { readonly at: number; readonly moved: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#isOff = !terminal.isTTY;
  }

  /** @param total in bytes, where it is known */
  begin(label: string, total?: number): ProgressPart {
    let part: Part | undefined;
    return {
      advance: (bytes) => {
        part ??= this.#add(label, total);
        part.done += bytes;
        this.#moved += bytes;
      },
      end: (success) => {
        if (part) this.#end(part, success);
        part = undefined;
      },
    };
  }

  /** Takes the line away, until it is drawn again. */
  clear(): void {
    if (this.#isDrawn) this.#terminal.write(CLEAR);
    this.#isDrawn = false;
  }

  /** Shows nothing from now on. */
  off(): void {
    this.#stop();
    this.#isOff = true;
  }

  #add(label: string, total: number | undefined): Part {
    const part = { label, total, begun: performance.now(), done: 0 };
    if (this.#parts.size === 0) this.#start();
    this.#parts.add(part);
    return part;
  }

  #end(part: Part, success: boolean): void {
    this.#parts.delete(part);
    this.clear();
    if (success && !this.#isOff) this.#terminal.write(`${formatSummary(part, performance.now() - part.begun)}\n`);
    if (this.#parts.size === 0) this.#stop();
  }

  #start(): void {
    if (this.#isOff) return;
    this.#past = [{ at: performance.now(), moved: this.#moved }];
    this.#timer = setInterval(() => this.#draw(), INTERVAL).unref();
  }

  #stop(): void {
    this.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #draw(): void {
    const columns = (this.#terminal.columns || 80) - 1;
    this.#terminal.write(CLEAR + formatProgress({ ...this.#sum(), rate: this.#rate(), columns }));
    this.#isDrawn = true;
  }

  #sum(): Pick<ProgressFigures, 'label' | 'done' | 'total'> {
    const parts = [...this.#parts];
    const totals = parts.map(({ total }) => total ?? Number.NaN);
    const total = totals.reduce((sum, one) => sum + one, 0);
    return {
      label: parts.length === 1 ? parts.map(({ label }) => label).join() : `${parts.length} transfers`,
      done: parts.reduce((sum, { done }) => sum + done, 0),
      total: Number.isNaN(total) ? undefined : total,
    };
  }

  #rate(): number {
    const at = performance.now();
    this.#past.push({ at, moved: this.#moved });
    this.#past = this.#past.filter((sample) => at - sample.at <= MEMORY);
    const [first] = this.#past;
    return first && at > first.at ? ((this.#moved - first.moved) * 1_000) / (at - first.at) : 0;
  }
}
