import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readSuiteConfig } from '../support/config.js';

/** What one fault came to; docs/reliability.md says what each figure means. */
export interface Figures {
  readonly fault: string;
  readonly bus: string;
  readonly faults: number;
  readonly acknowledged: number;
  readonly uncertain: number;
  readonly delivered: number;
  readonly lost: number;
  readonly disordered: number;
  readonly repeated: number;
  readonly mostRepeated: number;
  readonly recoveriesMs: readonly number[];
  readonly longestSilenceMs: number;
  readonly settledMs: number;
}

/** Adds the figures to this run's file in .test-results, from which the table is printed. */
export async function writeFigures(figures: Figures): Promise<void> {
  const { workspace } = readSuiteConfig();
  const path = join(workspace, '.test-results', `faults.${figures.bus}.figures.json`);
  await mkdir(dirname(path), { recursive: true });
  const before = await readFile(path, 'utf8').catch(() => '[]');
  const others = (JSON.parse(before) as Figures[]).filter(({ fault }) => fault !== figures.fault);
  await writeFile(path, `${JSON.stringify([...others, figures], null, 2)}\n`);
}
