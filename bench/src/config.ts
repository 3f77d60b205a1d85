import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the benchmarks take from the environment; nothing else in this project reads it. */
export interface BenchConfig {
  /** Folder under which every run has data of its own, which it removes. */
  readonly scratch: string;
  /** Brokers to use in place of one that the run starts. */
  readonly kafkaBrokers: string | undefined;
  /** Handed on to what a benchmark starts: PATH, and settings that are under test such as WEBHOOK_SLOTS. */
  readonly environment: NodeJS.ProcessEnv;
}

export function readBenchConfig(): BenchConfig {
  const { BENCH_SCRATCH: scratch, KAFKA_BROKERS: kafkaBrokers } = process.env;
  return {
    scratch: scratch || join(tmpdir(), 'countersign-bench'),
    kafkaBrokers: kafkaBrokers || undefined,
    environment: process.env,
  };
}
