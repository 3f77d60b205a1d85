import type { TestProject } from 'vitest/node';
import { readSuiteConfig } from './config.js';
import { Platform } from './platform.js';

declare module 'vitest' {
  interface ProvidedContext {
    baseUrl: string;
    dataDir: string;
  }
}

/** Starts one platform for all e2e files and stops it as Ctrl-C would; a platform named by E2E_BASE_URL is used as it is. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { running } = readSuiteConfig();
  const platform = running ?? (await Platform.start());
  project.provide('baseUrl', platform.baseUrl);
  project.provide('dataDir', platform.dataDir);
  return async () => {
    if (platform instanceof Platform) await platform.dispose();
  };
}
