import { BUS_DATABASE } from '@countersign/persistence';
import { describeBus } from '../src/conformance/bus.conformance.js';
import { busMigrations } from '../src/postgres/migrations/index.js';

describeBus('postgres', () => ({
  config: { BUS: 'postgres' },
  schemas: [{ owner: BUS_DATABASE.owner, schema: BUS_DATABASE.schema, migrations: busMigrations }],
}));
