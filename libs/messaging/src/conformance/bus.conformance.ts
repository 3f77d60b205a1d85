import { describe } from 'vitest';
import type { BreakableBus, BusHarness } from '../../test/support/probe.js';
import { describeDelivery } from './delivery.conformance.js';
import { describeEffects } from './effects.conformance.js';
import { describeFailures } from './failures.conformance.js';
import { describeGroups } from './groups.conformance.js';
import { describeHandover } from './handover.conformance.js';
import { describeOutage } from './outage.conformance.js';
import { describeOutbox } from './outbox.conformance.js';
import { describeReplay } from './replay.conformance.js';

/** What every driver must do with events; written against the port and what is built on it, never against a driver. */
export function describeEvents(name: string, harness: () => BusHarness): void {
  describe(`bus on ${name}`, () => {
    describeOutbox(harness);
    describeDelivery(harness);
    describeEffects(harness);
    describeFailures(harness);
    describeReplay(harness);
  });
}

/** What it must do while members come, go and are killed, and while the bus is away: for the most part the suite waits. */
export function describeMembers(name: string, harness: () => BusHarness, breakable: () => Promise<BreakableBus>): void {
  describe(`members on ${name}`, () => {
    describeGroups(harness);
    describeHandover(harness);
    describeOutage(breakable);
  });
}
