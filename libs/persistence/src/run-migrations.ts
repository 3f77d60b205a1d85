import type { DataSource } from 'typeorm';

/**
 * Runs what is pending, each migration in its own transaction, so that a failing one keeps those before it; one runner at a
 * time per schema, others wait and then find nothing to do. Needs two connections.
 * @returns the names that ran
 */
export async function runMigrations(source: DataSource): Promise<string[]> {
  const schema = (source.options as { schema?: string }).schema ?? 'public';
  const lock = source.createQueryRunner();
  try {
    await lock.connect();
    // Another runner's migrations may take longer than any statement may.
    await lock.query(`set statement_timeout = 0`);
    await lock.query(`select pg_advisory_lock(hashtext($1))`, [`countersign-migrate-${schema}`]);
    const done = await source.runMigrations({ transaction: 'each' });
    return done.map(migration => migration.name);
  } finally {
    // The connection goes back to the pool: what was set for the session must not stay. When it broke, the lock is gone.
    await lock
      .query(`select pg_advisory_unlock(hashtext($1))`, [`countersign-migrate-${schema}`])
      .catch(() => undefined);
    await lock.query(`reset statement_timeout`).catch(() => undefined);
    await lock.release();
  }
}
