/** Repeats of one measurement. */
export interface Summary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly values: readonly number[];
}

export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new Error('Nothing was measured');
  return { median: quantile(values, 0.5), lowest: Math.min(...values), highest: Math.max(...values), values };
}

/** Quantile by linear interpolation between the closest ranks, as in Excel's PERCENTILE.INC. @param q from 0 to 1 */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)]!;
  const high = sorted[Math.ceil(at)]!;
  return low + (high - low) * (at - Math.floor(at));
}
