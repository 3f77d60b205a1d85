import { startPostgres, type EmbeddedPostgres } from '@countersign/embedded-postgres';
import { BUS_DATABASE, createDataSource, provisionDatabase, serviceDatabase } from '@countersign/persistence';
import type { DataDirectory } from './data-directory.js';
import { ensureSecrets, type DatabasePasswords } from './secrets.js';

type DataSource = ReturnType<typeof createDataSource>;

/** One database for all services and the bus (BUS=postgres needs that). */
const DATABASE = 'postgres';

export interface DatabaseUrls {
  owner: string;
  app: string;
  worker: string;
}

/** The installation's running database with its roles and schemas in place. */
export class InstallationDatabase {
  private constructor(
    readonly server: EmbeddedPostgres,
    private readonly passwords: DatabasePasswords,
  ) {}

  /** Starts (or takes over) the server; roles and schemas are created or brought up to date. */
  static async open(directory: DataDirectory, options: { durable?: boolean } = {}): Promise<InstallationDatabase> {
    const passwords = await ensureSecrets(directory);
    const server = await startPostgres({ dataDir: directory.postgres, durable: options.durable });
    try {
      await provisionDatabase(server.adminUrl(DATABASE), passwords.services, passwords.bus);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return new InstallationDatabase(server, passwords);
  }

  /** What `note` kept last, in this very database: a lost or restored one tells the truth about itself. */
  async noted(): Promise<string | undefined> {
    const [row] = await this.asBusOwner(source =>
      source.query<{ note: string | null }[]>(`select obj_description(to_regnamespace($1), 'pg_namespace') as note`, [
        BUS_DATABASE.schema,
      ]),
    );
    return row?.note ?? undefined;
  }

  async note(text: string): Promise<void> {
    if (!/^[0-9a-z]+$/.test(text)) throw new Error('A note is a digest');
    await this.asBusOwner(source => source.query(`comment on schema ${BUS_DATABASE.schema} is '${text}'`));
  }

  busOwnerUrl(): string {
    return this.url(BUS_DATABASE.owner, this.passwords.bus.owner);
  }

  urlsOf(service: string): DatabaseUrls {
    const names = serviceDatabase(service);
    const passwords = this.passwords.services[service];
    if (!passwords) throw new Error(`${service} keeps no data`);
    return {
      owner: this.url(names.owner, passwords.owner),
      app: this.url(names.app, passwords.app),
      worker: this.url(names.worker, passwords.worker),
    };
  }

  private async asBusOwner<T>(work: (source: DataSource) => Promise<T>): Promise<T> {
    const source = createDataSource({
      url: this.busOwnerUrl(),
      schema: BUS_DATABASE.schema,
      applicationName: 'countersign-start',
      poolMax: 1,
    });
    await source.initialize();
    try {
      return await work(source);
    } finally {
      await source.destroy();
    }
  }

  private url(user: string, password: string): string {
    return this.server.urlFor({ user, password, database: DATABASE });
  }
}
