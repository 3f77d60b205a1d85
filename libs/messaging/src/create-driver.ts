import type { LoggerService } from '@nestjs/common';
import { KafkaDriver } from './kafka/kafka-driver.js';
import { kafkaSettings } from './kafka/kafka-settings.js';
import type { MessagingConfig } from './messaging.config.js';
import type { BusDriver } from './port/bus-driver.js';
import { PostgresDriver } from './postgres/postgres-driver.js';

export interface DriverContext {
  service: string;
  /** URL of the worker role. */
  workerUrl: string;
  logger: LoggerService;
}

/** The driver that `BUS` names; the only place that knows them all. @throws Error naming the variables that do not fit */
export function createDriver(config: MessagingConfig, { service, workerUrl, logger }: DriverContext): BusDriver {
  switch (config.BUS) {
    case 'postgres':
      return new PostgresDriver(workerUrl, service);
    case 'kafka':
      return new KafkaDriver(kafkaSettings(config), service, logger);
  }
}
