import type { MessagingConfig } from './messaging.config.js';
import type { BusDriver } from './port/bus-driver.js';
import { PostgresDriver } from './postgres/postgres-driver.js';

/** The driver that `BUS` names; the only place that knows them all. */
export function createDriver(config: MessagingConfig, context: { service: string; workerUrl: string }): BusDriver {
  switch (config.BUS) {
    case 'postgres':
      return new PostgresDriver(context.workerUrl, context.service);
  }
}
