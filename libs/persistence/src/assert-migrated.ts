import type { DataSource } from 'typeorm';
import type { MigrationClass } from './data-source.js';
import { sqlState } from './retry.js';

/** The schema is behind the code; the message says what is missing and how to mend it. */
export class PendingMigrationsError extends Error {
  override readonly name = 'PendingMigrationsError';
}

/** `name` property of a migration where it has one, else the class name: TypeORM's own rule. */
function migrationName(migration: MigrationClass): string {
  return new migration().name ?? migration.name;
}

/**
 * A service refuses to start on a schema that is behind its code.
 * @param source a login that may read the `migrations` table (the worker role)
 * @throws PendingMigrationsError naming each migration that has not run
 */
export async function assertMigrated(source: DataSource, migrations: readonly MigrationClass[]): Promise<void> {
  const applied = await appliedMigrations(source);
  const pending = migrations.map(migrationName).filter(name => !applied.has(name));
  if (pending.length > 0) {
    throw new PendingMigrationsError(
      `The database is behind this version: ${pending.join(', ')} has not run. Run \`countersign migrate\`, then start again`,
    );
  }
}

async function appliedMigrations(source: DataSource): Promise<Set<string>> {
  try {
    const rows = await source.query<{ name: string }[]>('select name from migrations');
    return new Set(rows.map(row => row.name));
  } catch (error) {
    // No such table, or no right to read it yet: no migration has run.
    if (sqlState(error) === '42P01' || sqlState(error) === '42501') return new Set();
    throw error;
  }
}
