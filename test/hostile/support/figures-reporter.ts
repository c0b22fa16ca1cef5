import type { TestModule } from 'vitest/node';
import type { Figure } from './figures.js';

const COLUMNS = ['threat', 'size', 'goal', 'measured', 'ok'] as const;

/** Shows all figures as one table when the run is over. */
// biome-ignore lint/style/noDefaultExport: Vitest takes a reporter no other way
export default class FiguresReporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const figures = modules.flatMap((module) => [...module.children.allTests()].flatMap(figuresOf));
    if (figures.length === 0) return;
    const rows = [[...COLUMNS], ...figures.map((figure) => COLUMNS.map((column) => cell(figure[column])))];
    const widths = COLUMNS.map((_, index) => Math.max(...rows.map((row) => (row[index] ?? '').length)));
    for (const row of rows)
      console.log(
        row
          .map((text, index) => text.padEnd(widths[index] ?? 0))
          .join('  ')
          .trimEnd(),
      );
  }
}

function figuresOf(test: { meta(): { figures?: Figure[] } }): Figure[] {
  return test.meta().figures ?? [];
}

function cell(value: string | boolean): string {
  return typeof value === 'string' ? value : value ? 'yes' : 'NO';
}
