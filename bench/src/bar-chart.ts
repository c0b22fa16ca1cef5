/** One bar, with the range in which its value was. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  /** To be seen among the others. */
  readonly isOurs: boolean;
}

export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const LABELS = 190;
const VALUES = 150;
const ROW = 20;
const TITLE = 34;
const OURS = '#1f6feb';
const OTHERS = '#8b949e';

/** Groups of bars as SVG, each with a scale of its own: what is compared stands in one group. */
export function barChart(title: string, groups: readonly BarGroup[]): string {
  let y = TITLE;
  const parts = groups.map(({ title: name, bars }) => {
    const longest = Math.max(...bars.map(({ most }) => most));
    const top = y + TITLE;
    y = top + bars.length * ROW;
    const rows = bars.map((bar, index) => barOf(bar, top + index * ROW, (WIDTH - LABELS - VALUES) / longest));
    return `<text x="8" y="${top - 8}" font-weight="600">${escapeXml(name)}</text>${rows.join('')}`;
  });
  const height = y + ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeXml(title)}" font-family="system-ui, sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/><text x="8" y="22" font-size="15" font-weight="700">${escapeXml(title)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function barOf({ label, value, least, most, isOurs }: Bar, y: number, scale: number): string {
  const middle = y + ROW / 2;
  const x = (of: number) => (LABELS + of * scale).toFixed(1);
  return [
    `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escapeXml(label)}</text>`,
    `<rect x="${LABELS}" y="${y + 3}" width="${Math.max(1, value * scale).toFixed(1)}" height="${ROW - 6}" fill="${isOurs ? OURS : OTHERS}"/>`,
    `<path d="M${x(least)} ${middle}H${x(most)}" stroke="#24292f"/>`,
    `<text x="${LABELS + Math.max(value, most) * scale + 8}" y="${middle + 4}">${formatted(value)} (${formatted(least)}–${formatted(most)})</text>`,
  ].join('');
}

function formatted(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
