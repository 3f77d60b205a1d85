import type { MessagingConfig } from '@countersign/messaging';
import type { EntityClass, MigrationClass, PostgresConfig } from '@countersign/persistence';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { EnvelopeConfig, ServiceConfig } from '../config/service.config.js';

/** The part of a service's configuration that the platform reads; what a service without a database lacks is optional. */
export type PlatformConfig = ServiceConfig & Partial<PostgresConfig & MessagingConfig & EnvelopeConfig>;

/** What a service with a database of its own must be configured with. */
export type DataConfig = ServiceConfig & PostgresConfig & MessagingConfig & EnvelopeConfig;

/** A service as one value: all that the start, the migration, the OpenAPI document and the tests need to know of it. */
export interface ServiceDefinition {
  /** Name among the services (`auth-mfa`), consumer group, and by serviceDatabase() the names of schema and logins. */
  readonly name: string;
  /** For people: title of its OpenAPI document. */
  readonly title: string;
  readonly module: Type;
  /** Present when the service keeps data; the database, the bus and the envelope encryption come with it. */
  readonly database?: { readonly entities: readonly EntityClass[]; readonly migrations: readonly MigrationClass[] };
  /** Called before the application listens, for what only the HTTP server itself can do. */
  readonly prepare?: (app: NestFastifyApplication) => void | Promise<void>;
}

export function defineService(definition: {
  name: string;
  title: string;
  module: Type;
  entities?: readonly EntityClass[];
  migrations?: readonly MigrationClass[];
  prepare?: ServiceDefinition['prepare'];
}): ServiceDefinition {
  const { entities, migrations, ...rest } = definition;
  return Object.freeze({ ...rest, ...(migrations ? { database: { entities: entities ?? [], migrations } } : {}) });
}

/** Version of the product, shown in documents and logs. */
export const PRODUCT_VERSION = '0.1.0';
