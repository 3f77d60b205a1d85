import { startPostgres, type EmbeddedPostgres } from '@countersign/embedded-postgres';
import { provisionDatabase } from '@countersign/persistence';
import type { DataDirectory } from './data-directory.js';
import { ProvisionedDatabase } from './provisioned-database.js';
import { ensureSecrets, type DatabasePasswords } from './secrets.js';

/** One database for all services and the bus (BUS=postgres needs that). */
const DATABASE = 'postgres';

/** The database in a data folder, on a server of its own. */
export class InstallationDatabase extends ProvisionedDatabase {
  private constructor(
    readonly server: EmbeddedPostgres,
    passwords: DatabasePasswords,
  ) {
    super((user, password) => server.urlFor({ user, password, database: DATABASE }), passwords);
  }

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
}
