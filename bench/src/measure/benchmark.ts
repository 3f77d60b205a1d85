import type { BenchConfig } from '../config.js';
import type { Figure } from './figure.js';

/** What a run gives each benchmark. */
export interface BenchRun {
  readonly config: BenchConfig;
  /** How often each pair is measured. */
  readonly repeats: number;
  /** Factor of the amounts of work; 1 is what the published figures were made with. */
  readonly scale: number;
  /** Tells whoever waits what is going on. */
  say(text: string): void;
}

/** Measures something and what it is compared with. Starts what it needs and leaves nothing behind. */
export interface Benchmark {
  readonly name: string;
  readonly describes: string;
  run(run: BenchRun): Promise<Figure[]>;
}

/** An amount of work at the scale of the run, at least `least`. */
export function scaled({ scale }: BenchRun, amount: number, least = 1): number {
  return Math.max(least, Math.round(amount * scale));
}
