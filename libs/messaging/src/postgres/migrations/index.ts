import { CreateBus1764000000000 } from './1764000000000-create-bus.js';

/** The migrations of the bus schema, run by its owner; no service owns it. */
export const busMigrations = [CreateBus1764000000000] as const;
