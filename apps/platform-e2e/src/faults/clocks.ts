import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Service } from './victims.js';

/** Sets the wall clocks of single services of the platform under test. */
export class Clocks {
  constructor(private readonly folder: string) {}

  /** What the platform must be started with, so that its clocks can be set. */
  get environment(): Readonly<Record<string, string>> {
    const shim = pathToFileURL(join(import.meta.dirname, 'skewed-clock.ts'));
    shim.searchParams.set('folder', this.folder);
    return { NODE_OPTIONS: `--import=${shim.href}` };
  }

  /** Noticed within 50 ms. */
  async set(services: readonly Service[], errorMs: number): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    for (const service of services) await writeFile(join(this.folder, service), String(errorMs));
  }

  /** Sets all of them right again. */
  async right(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
