import { cpuSeconds } from './cpu-time.js';
import type { Cost } from './figure.js';
import { quantile } from './summary.js';

/** Collects what each repeat cost, process by process. */
export class CostMeter {
  private readonly repeats: Cost[] = [];

  /** @param pids processes to watch, by the name to show */
  constructor(private readonly pids: Readonly<Record<string, number>>) {}

  /** Runs `work`, which does `count` units, and notes the processor time that it took. */
  async around<T>(count: number, work: () => Promise<T>): Promise<T> {
    const before = cpuSeconds(this.pids);
    const result = await work();
    const after = cpuSeconds(this.pids);
    if (before && after) {
      const cost = Object.keys(this.pids).map(name => [name, ((after[name]! - before[name]!) * 1_000) / count]);
      this.repeats.push(Object.fromEntries(cost) as Cost);
    }
    return result;
  }

  /** Milliseconds of one processor per unit: the median of each process over the repeats. */
  get median(): Cost {
    return Object.fromEntries(
      Object.keys(this.repeats.length > 0 ? this.pids : {}).map(name => [
        name,
        quantile(
          this.repeats.map(cost => cost[name]!),
          0.5,
        ),
      ]),
    );
  }
}
