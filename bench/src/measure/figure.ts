import { summarize, type Summary } from './summary.js';

/** One figure beside its baseline, both measured in the same run. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** What the figure is measured on, in a few words. */
  readonly subject: string;
  readonly measured: Summary;
  /** What the baseline is. */
  readonly baseline: string;
  readonly compared: Summary;
  /** Measured divided by baseline, repeat by repeat. */
  readonly ratio: Summary;
  /** Where the time goes: processor milliseconds per unit of work, by process; median over the repeats. */
  readonly cost?: { readonly per: string; readonly subject: Cost; readonly baseline: Cost };
  /** Present where the project has set itself one. */
  readonly aim?: { readonly text: string; readonly reached: boolean };
}

export type Cost = Readonly<Record<string, number>>;

export interface FigureParams {
  name: string;
  unit: string;
  subject: string;
  baseline: string;
  /** One pair per repeat, measured one right after the other. */
  pairs: readonly { subject: number; baseline: number }[];
  cost?: Figure['cost'];
  aim?: (figure: Omit<Figure, 'aim'>) => { text: string; reached: boolean };
}

export function figure({ pairs, aim, ...described }: FigureParams): Figure {
  const plain = {
    ...described,
    measured: summarize(pairs.map(({ subject }) => subject)),
    compared: summarize(pairs.map(({ baseline }) => baseline)),
    ratio: summarize(pairs.map(({ subject, baseline }) => subject / baseline)),
  };
  return { ...plain, aim: aim?.(plain) };
}

/** The aim that the median ratio is at least so much. */
export function ratioAtLeast(least: number): FigureParams['aim'] {
  return ({ ratio }) => ({ text: `ratio >= ${least}`, reached: ratio.median >= least });
}
