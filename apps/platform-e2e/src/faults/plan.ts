import { randomInt } from 'node:crypto';
import { inject } from 'vitest';
import { SERVICES, type Service } from './victims.js';

/** How much of each fault a profile takes: `short` is part of every test run, `full` is what the guarantees are shown by. */
interface Plan {
  /** Rounds of kill -9 of every service. */
  readonly rounds: number;
  /** Kills of the database and, on Kafka, of the broker. */
  readonly storeKills: number;
  /** Pauses of replicas. */
  readonly pauses: number;
  /** Whose clocks are set wrong, one after the other, and for how long in milliseconds. */
  readonly clocks: readonly (readonly Service[])[];
  readonly clockWrongMs: number;
}

const PLANS: Readonly<Record<'short' | 'full', Plan>> = {
  short: { rounds: 1, storeKills: 1, pauses: 1, clocks: [SERVICES, ['webhook-dispatcher']], clockWrongMs: 1_500 },
  full: {
    rounds: 20,
    storeKills: 5,
    pauses: 3,
    clocks: [SERVICES, ...SERVICES.map(one => [one])],
    clockWrongMs: 4_000,
  },
};

export function plan(): Plan {
  return PLANS[inject('faultsProfile')];
}

/** Of one run; a failure shows it. */
export function newSeed(): number {
  return randomInt(2 ** 31);
}

/**
 * How often a delivery may arrive once more than needed, by endpoint and kill of the dispatcher or its store: the attempts in
 * flight (at most 64 for one endpoint), and as many again that were answered and not yet written down (docs/reliability.md).
 */
export const REPEATED_PER_KILL = 2 * 64;
