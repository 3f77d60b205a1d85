import { expect } from 'vitest';
import { eventually } from './eventually.js';
import type { Probe } from './probe.js';

/** Waits until the probe's group has handled and committed all that is on the bus. */
export async function settled(probe: Probe): Promise<void> {
  await eventually(
    async () => expect((await probe.driver.lag('bus-probe')).every(({ events }) => events === 0)).toBe(true),
    30_000,
  );
}
