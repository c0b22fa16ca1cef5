import { barChart } from '../bar-chart.js';
import { figure } from '../turn-figures.js';
import { KINDS } from './plan.js';
import type { WireResults } from './run-wires.js';
import { cpuEach, describe, samplesOf } from './wire-report.js';
import { WIRE_NAMES } from './wires.js';

/** What a server spends on a message, as it is driven by recorded clients. */
export function plotWires({ samples }: WireResults): string {
  const groups = KINDS.map((kind) => {
    const own = samplesOf(samples, kind);
    const names = WIRE_NAMES.filter(
      (name) => !name.endsWith('real clients') && own.some(({ contestant }) => contestant === name),
    );
    const bars = names.map((label) => {
      const { median: value, least, most } = figure(own, label, cpuEach);
      return { label, value, least, most, isOurs: label === 'ours' };
    });
    return { title: describe(kind), bars };
  });
  return barChart('Server CPU for a relayed message, µs: less is better', groups);
}
