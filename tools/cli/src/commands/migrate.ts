import type { Command } from 'commander';
import { readToolConfig } from '../config.js';
import { InstallationDatabase } from '../installation/database.js';
import { DataDirectory } from '../installation/data-directory.js';
import { takeLock } from '../installation/lock.js';
import { migrateAll } from '../installation/migrate.js';
import { print } from './output.js';

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('bring the tables up to date; the embedded database is started for it when it is down')
    .action(migrate);
}

/** Under the lock the database is ours to start and stop; without it a running platform has it up, and keeps it. */
async function migrate(_options: unknown, command: Command): Promise<void> {
  const directory = new DataDirectory(readToolConfig().DATA_DIR);
  const lock = takeLock(directory);
  try {
    const database = await InstallationDatabase.open(directory);
    try {
      const reports = await migrateAll(database);
      const lines = reports.map(({ schema, ran }) => `${schema}: ${ran.length === 0 ? 'up to date' : ran.join(', ')}`);
      print(command, reports, lines.join('\n'));
    } finally {
      if (lock) await database.server.stop();
    }
  } finally {
    lock?.release();
  }
}
