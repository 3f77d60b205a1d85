import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readSuiteConfig, type Bus, type FaultsProfile } from '../support/config.js';
import { Platform } from '../support/platform.js';
import { Clocks } from './clocks.js';

declare module 'vitest' {
  interface ProvidedContext {
    bus: Bus;
    clocksDir: string;
    faultsProfile: FaultsProfile;
  }
}

/** The life of a claim in the platform under test: what a paused replica held is taken over within this, not within a minute. */
const LEASE_SECONDS = '10';

/** Starts one platform on the bus under test, with clocks that can be set, for all faults. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { scratch, bus, faultsProfile } = readSuiteConfig();
  await mkdir(scratch, { recursive: true });
  const clocksDir = await mkdtemp(join(scratch, 'clocks-'));
  const platform = await Platform.start({
    environment: { ...new Clocks(clocksDir).environment, WEBHOOK_LEASE_SECONDS: LEASE_SECONDS },
  });
  project.provide('baseUrl', platform.baseUrl);
  project.provide('dataDir', platform.dataDir);
  project.provide('bus', bus === 'kafka' ? 'kafka' : 'postgres');
  project.provide('clocksDir', clocksDir);
  project.provide('faultsProfile', faultsProfile);
  return async () => {
    await platform.dispose();
    await rm(clocksDir, { recursive: true, force: true });
  };
}
