import { createDataSource, runMigrations, serviceDatabase } from '@countersign/persistence';
import { z } from 'zod';
import type { ServiceDefinition } from './define-service.js';

/** The environment of a migration run. */
export const migrateConfig = z.object({
  DATABASE_OWNER_URL: z.string().min(1).describe("PostgreSQL URL of the service's owner role, which migrations run as"),
});
export type MigrateConfig = z.infer<typeof migrateConfig>;

/** Runs what is pending of a service's migrations, each in its own transaction. Answers the names that ran. */
export async function migrateService(service: ServiceDefinition, config: MigrateConfig): Promise<string[]> {
  if (!service.database) throw new Error(`${service.name} has no database`);
  const source = createDataSource({
    url: config.DATABASE_OWNER_URL,
    schema: serviceDatabase(service.name).schema,
    migrations: [...service.database.migrations],
    applicationName: `${service.name}-migrate`,
    poolMax: 2,
    statementTimeoutMs: 0,
  });
  await source.initialize();
  try {
    return await runMigrations(source);
  } finally {
    await source.destroy();
  }
}

/** The migration as a process of its own: one JSON line `{service, ran}` on standard output, exit code 1 with the reason. */
export async function migrateCommand(service: ServiceDefinition, config: MigrateConfig): Promise<void> {
  try {
    const ran = await migrateService(service, config);
    process.stdout.write(`${JSON.stringify({ service: service.name, ran })}\n`);
  } catch (error) {
    process.stderr.write(
      `${service.name}: the migration failed: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}
