import { BUS_DATABASE, createDataSource, provisionDatabase, serviceDatabase } from '@countersign/persistence';
import type { DatabasePasswords } from './secrets.js';

type DataSource = ReturnType<typeof createDataSource>;

export interface DatabaseUrls {
  owner: string;
  app: string;
  worker: string;
}

/** A running database with the roles and schemas of all services and the bus in place. */
export class ProvisionedDatabase {
  protected constructor(
    private readonly urlFor: (user: string, password: string) => string,
    private readonly passwords: DatabasePasswords,
  ) {}

  /** Creates roles and schemas, or brings them up to date, in the database that the URL of an administrator names. */
  static async provision(adminUrl: string, passwords: DatabasePasswords): Promise<ProvisionedDatabase> {
    await provisionDatabase(adminUrl, passwords.services, passwords.bus);
    return new ProvisionedDatabase((user, password) => withLogin(adminUrl, user, password), passwords);
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
    return this.urlFor(BUS_DATABASE.owner, this.passwords.bus.owner);
  }

  urlsOf(service: string): DatabaseUrls {
    const names = serviceDatabase(service);
    const passwords = this.passwords.services[service];
    if (!passwords) throw new Error(`${service} keeps no data`);
    return {
      owner: this.urlFor(names.owner, passwords.owner),
      app: this.urlFor(names.app, passwords.app),
      worker: this.urlFor(names.worker, passwords.worker),
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
}

/** The same server, database and options for another login. */
function withLogin(url: string, user: string, password: string): string {
  const other = new URL(url);
  other.username = encodeURIComponent(user);
  other.password = encodeURIComponent(password);
  return other.href;
}
