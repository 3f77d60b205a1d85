import type { Command } from 'commander';
import { readDatabaseConfig, readToolConfig, type DatabaseConfig } from '../config.js';
import { InstallationDatabase } from '../installation/database.js';
import { DataDirectory } from '../installation/data-directory.js';
import { takeLock } from '../installation/lock.js';
import { migrateAll, type MigrationReport } from '../installation/migrate.js';
import { ProvisionedDatabase } from '../installation/provisioned-database.js';
import { readPasswords } from '../installation/secrets.js';
import { print } from './output.js';

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description(
      'bring roles, schemas and tables up to date, in the database of DATABASE_ADMIN_URL, else in the one of DATA_DIR, which is started for it when it is down',
    )
    .action(migrate);
}

async function migrate(_options: unknown, command: Command): Promise<void> {
  const given = readDatabaseConfig();
  const reports = given ? await migrateGiven(given) : await migrateEmbedded(readToolConfig().DATA_DIR);
  const lines = reports.map(({ schema, ran }) => `${schema}: ${ran.length === 0 ? 'up to date' : ran.join(', ')}`);
  print(command, reports, lines.join('\n'));
}

async function migrateGiven(config: DatabaseConfig): Promise<MigrationReport[]> {
  const passwords = readPasswords(config.DATABASE_PASSWORDS_FILE);
  return migrateAll(await ProvisionedDatabase.provision(config.DATABASE_ADMIN_URL, passwords));
}

/** Under the lock the database is ours to start and stop; without it a running platform has it up, and keeps it. */
async function migrateEmbedded(dataDir: string): Promise<MigrationReport[]> {
  const directory = new DataDirectory(dataDir);
  const lock = takeLock(directory);
  try {
    const database = await InstallationDatabase.open(directory);
    try {
      return await migrateAll(database);
    } finally {
      if (lock) await database.server.stop();
    }
  } finally {
    lock?.release();
  }
}
