import { BUS_DATABASE } from '@countersign/persistence';
import { describeEvents, describeMembers } from '../src/conformance/bus.conformance.js';
import { busMigrations } from '../src/postgres/migrations/index.js';
import type { BreakableBus, BusHarness } from './support/probe.js';

const harness: BusHarness = {
  config: { BUS: 'postgres' },
  schemas: [{ owner: BUS_DATABASE.owner, schema: BUS_DATABASE.schema, migrations: busMigrations }],
  leastSessionMs: 1_000,
};

/** The database of the bus, which is that of the services too, refuses everybody. */
const breakable: BreakableBus = {
  harness,
  takeAway: probe => probe.database.shut(),
  giveBack: probe => probe.database.reopen(),
  close: () => Promise.resolve(),
};

describeEvents('postgres', () => harness);
describeMembers(
  'postgres',
  () => harness,
  () => Promise.resolve(breakable),
);
