import { randomInt } from 'node:crypto';
import { inject } from 'vitest';
import type { Bus, FaultsProfile } from '../support/config.js';
import { SERVICES, type Service } from './victims.js';

/** How much of each fault a profile takes: `short` is part of every test run, `full` is what the guarantees are shown by. */
interface Plan {
  /** Rounds of kill -9 of every service. */
  readonly rounds: number;
  /** What keeps the events, and how often each of them is killed. */
  readonly stores: readonly Store[];
  readonly storeKills: number;
  /** Pauses of replicas. */
  readonly pauses: number;
  /** Whose clocks are set wrong, one after the other, and for how long in milliseconds. */
  readonly clocks: readonly (readonly Service[])[];
  readonly clockWrongMs: number;
}

export type Store = 'Database' | 'Broker';

const SHORT = { rounds: 1, storeKills: 1, pauses: 1, clockWrongMs: 1_500 };
const FULL = {
  rounds: 20,
  storeKills: 5,
  pauses: 3,
  clocks: [SERVICES, ...SERVICES.map(one => [one])],
  clockWrongMs: 4_000,
};

const PLANS: Readonly<Record<FaultsProfile, Readonly<Record<Bus, Plan>>>> = {
  short: {
    postgres: { ...SHORT, stores: ['Database'], clocks: [SERVICES, ['webhook-dispatcher']] },
    kafka: { ...SHORT, stores: ['Broker'], clocks: [SERVICES] },
  },
  full: {
    postgres: { ...FULL, stores: ['Database'] },
    kafka: { ...FULL, stores: ['Database', 'Broker'] },
  },
};

export function plan(): Plan {
  return PLANS[inject('faultsProfile')][inject('bus')];
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
