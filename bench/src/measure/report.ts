import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Cost, Figure } from './figure.js';
import type { Summary } from './summary.js';

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly platform: string;
}

export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() || 'unknown CPU',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

export function machineLine({ cores, cpu, memoryGiB, node, platform }: Machine): string {
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, ${platform}, Node ${node}`;
}

/** A figure for people: what was measured, what it is compared with, and how far the repeats lie apart. */
export function figureLines(figure: Figure): string[] {
  const { name, unit, subject, measured, baseline, compared, ratio, aim, cost } = figure;
  return [
    name,
    `  ${value(measured.median, unit)}  ${subject} ${spread(measured, unit)}`,
    `  ${value(compared.median, unit)}  ${baseline} ${spread(compared, unit)}`,
    `  ratio ${rounded(ratio.median)} ${spread(ratio)}, ${measured.values.length} repeats` +
      (aim ? `; aim ${aim.text}: ${aim.reached ? 'reached' : 'missed'}` : ''),
    ...(cost ? costLines(cost) : []),
  ];
}

function costLines({ per, subject, baseline }: NonNullable<Figure['cost']>): string[] {
  const show = (cost: Cost) =>
    Object.entries(cost)
      .filter(([, ms]) => ms >= 0.001)
      .map(([name, ms]) => `${name} ${rounded(ms * 1_000)}`)
      .join(', ');
  return [`  processor µs per ${per}: ${show(subject)}`, `    baseline: ${show(baseline)}`];
}

function value(number: number, unit: string): string {
  return `${rounded(number)} ${unit}`.padStart(20);
}

function spread({ lowest, highest }: Summary, unit = ''): string {
  return `[${rounded(lowest)} .. ${rounded(highest)}${unit ? ` ${unit}` : ''}]`;
}

/** Three significant digits: no repeat is steadier than that. */
export function rounded(number: number): string {
  const precise = Number(number.toPrecision(3));
  return precise >= 1_000 ? precise.toLocaleString('en-US') : String(precise);
}
