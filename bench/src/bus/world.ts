import { DeliverySucceeded, type EventEnvelope } from '@countersign/contracts';
import { startPostgres } from '@countersign/embedded-postgres';
import { tenantId } from '@countersign/kernel';
import { busMigrations, Messaging, messagingConfig } from '@countersign/messaging';
import {
  BUS_DATABASE,
  createDataSource,
  provisionDatabase,
  runMigrations,
  serviceDatabase,
  ServicePersistence,
  standardTables,
} from '@countersign/persistence';
import pg from 'pg';
import { Registry } from 'prom-client';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const SERVICE = 'bench-bus';
const names = serviceDatabase(SERVICE);
const PASSWORD = 'for-this-run-only';
const TENANT = tenantId('demo');
const KEYS = 1_000;
const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** The topic that is measured on. */
export const { topic: TOPIC } = DeliverySucceeded;

export interface Handler {
  one?: (event: EventEnvelope, messaging: Messaging) => Promise<unknown> | void;
  many?: (events: EventEnvelope[], messaging: Messaging) => Promise<unknown>;
}

class CreateBenchBus1764000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of standardTables(names)) await runner.query(statement);
  }

  async down(): Promise<void> {
    await Promise.resolve();
  }
}

/** A service of the benchmark's own on a Postgres of its own: its outbox, its inbox, and the bus that the settings name. */
export class BusWorld {
  private constructor(
    readonly admin: pg.Pool,
    readonly adminUrl: string,
    private readonly persistence: ServicePersistence,
    private readonly workerUrl: string,
    private readonly settings: Readonly<Record<string, string>>,
    private readonly stopServer: () => Promise<void>,
  ) {}

  static async open(dataDir: string, settings: Readonly<Record<string, string>>): Promise<BusWorld> {
    const server = await startPostgres({ dataDir });
    const adminUrl = server.adminUrl();
    const url = (user: string) => server.urlFor({ user, password: PASSWORD, database: 'postgres' });
    const passwords = { owner: PASSWORD, app: PASSWORD, worker: PASSWORD };
    await provisionDatabase(adminUrl, { [SERVICE]: passwords }, { owner: PASSWORD });
    for (const [owner, schema, migrations] of [
      [BUS_DATABASE.owner, BUS_DATABASE.schema, busMigrations],
      [names.owner, names.schema, [CreateBenchBus1764000000002]],
    ] as const) {
      const source = createDataSource({
        url: url(owner),
        schema,
        migrations: [...migrations],
        applicationName: 'bench',
      });
      await source.initialize();
      await runMigrations(source);
      await source.destroy();
    }
    const persistence = await ServicePersistence.open(
      {
        DATABASE_URL: url(names.app),
        DATABASE_WORKER_URL: url(names.worker),
        DATABASE_POOL_MAX: 10,
        DATABASE_STATEMENT_TIMEOUT_MS: 60_000,
      },
      { service: SERVICE, schema: names.schema, entities: [] },
    );
    const admin = new pg.Pool({ connectionString: adminUrl, max: 4 });
    return new BusWorld(admin, adminUrl, persistence, url(names.worker), settings, () => server.stop());
  }

  /** Puts events into the outbox, of a thousand keys by turns, and leaves them there. */
  async fillOutbox(count: number): Promise<void> {
    const messaging = this.messaging();
    for (let done = 0; done < count; done += 1_000) {
      await this.persistence.uow.system('fill the outbox', tx =>
        messaging.outbox.addMany(
          tx,
          Array.from({ length: Math.min(1_000, count - done) }, (_, n) => ({
            tenantId: TENANT,
            event: DeliverySucceeded,
            subject: `dlv_${(done + n) % KEYS}`,
            data: {
              deliveryId: `dlv_${(done + n) % KEYS}`,
              endpointId: 'ep_01k7m2q8w9e3r4t5y6u7j8k9m0',
              hook: 'postCreateUser',
              userId: 'usr_01k7m2q8w9e3r4t5y6u7j8k9m0',
              attempts: 1,
              reason: null,
            },
          })),
        ),
      );
    }
  }

  /** The service's side of the bus: relays and consumes once it is started. */
  messaging(handler?: Handler): Messaging {
    const messaging = Messaging.create({
      service: SERVICE,
      config: messagingConfig.parse(this.settings),
      persistence: this.persistence,
      workerUrl: this.workerUrl,
      metrics: new Registry(),
      logger: quiet,
    });
    if (handler) {
      const { one, many } = handler;
      const callback = async (payload: EventEnvelope & EventEnvelope[]): Promise<never> =>
        (await (many ? many(payload, messaging) : one?.(payload, messaging))) as never;
      messaging.strategy.addHandler(DeliverySucceeded.type, callback, true, { handler: 'bench', batch: !!many });
    }
    return messaging;
  }

  async outboxIsEmpty(): Promise<boolean> {
    const { rows } = await this.admin.query<{ empty: boolean }>(
      `select not exists (select from ${names.schema}.outbox) as empty`,
    );
    return rows[0]!.empty;
  }

  async close(): Promise<void> {
    await this.admin.end();
    await this.persistence.close();
    await this.stopServer();
  }
}
