import { DataSource, type MigrationInterface } from 'typeorm';
import type { PostgresConfig } from './postgres.config.js';
import { UnitOfWork } from './unit-of-work.js';

/** A class that TypeORM maps to a table. */
export type EntityClass = new () => object;
/** A class whose name, or property `name`, ends in the 13 digits of its time; they order the migrations. */
export type MigrationClass = new () => MigrationInterface;

export interface DataSourceParams {
  url: string;
  /** Schema of the entities and of the table of applied migrations, and search_path of every connection. */
  schema: string;
  entities?: readonly EntityClass[];
  migrations?: readonly MigrationClass[];
  poolMax?: number;
  statementTimeoutMs?: number;
  /** When to give up on a server that does not answer at all (milliseconds); without it, never. */
  silenceTimeoutMs?: number;
  applicationName: string;
}

/** A TypeORM data source on one login; never synchronizes, and every migration has a transaction of its own. */
export function createDataSource(params: DataSourceParams): DataSource {
  return new DataSource({
    type: 'postgres',
    url: params.url,
    schema: params.schema,
    entities: [...(params.entities ?? [])],
    migrations: [...(params.migrations ?? [])],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    installExtensions: false,
    applicationName: params.applicationName,
    poolSize: params.poolMax ?? 10,
    extra: {
      options: `-c search_path=${params.schema}`,
      statement_timeout: params.statementTimeoutMs ?? 15_000,
      query_timeout: params.silenceTimeoutMs,
      // A transaction left open by a bug must not hold locks for ever.
      idle_in_transaction_session_timeout: 60_000,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    },
  });
}

/** How much longer than a statement may take an answer is waited for: after that the server, or the way to it, is gone. */
const SILENCE_MS = 5_000;

/** What a service holds of its database: the two pools and the unit of work over them. */
export class ServicePersistence {
  readonly uow: UnitOfWork;

  constructor(
    readonly app: DataSource,
    readonly worker: DataSource,
  ) {
    this.uow = new UnitOfWork(app, worker);
  }

  static async open(
    config: PostgresConfig,
    params: { service: string; schema: string; entities: readonly EntityClass[] },
  ): Promise<ServicePersistence> {
    const common = {
      schema: params.schema,
      entities: params.entities,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      silenceTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS + SILENCE_MS,
    };
    const app = createDataSource({
      ...common,
      url: config.DATABASE_URL,
      poolMax: config.DATABASE_POOL_MAX,
      applicationName: params.service,
    });
    const worker = createDataSource({
      ...common,
      url: config.DATABASE_WORKER_URL,
      poolMax: 6,
      applicationName: `${params.service}-worker`,
    });
    await app.initialize();
    await worker.initialize();
    return new ServicePersistence(app, worker);
  }

  async close(): Promise<void> {
    await Promise.all([this.app.destroy(), this.worker.destroy()]);
  }
}
