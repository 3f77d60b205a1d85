import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '@countersign/platform';
import { z } from 'zod';

/** The checkout that this command belongs to: `tools/cli/src` and `tools/cli/dist` are equally deep in it. */
export const workspaceRoot = fileURLToPath(new URL('../../../', import.meta.url));

const toolConfig = z.object({
  DATA_DIR: z
    .string()
    .min(1)
    .default(`${workspaceRoot}.countersign`)
    .transform(path => resolve(path))
    .describe('folder of the data and secrets'),
});
export type ToolConfig = z.output<typeof toolConfig>;

/** Where migrations go that are not for the database in DATA_DIR. */
const databaseConfig = z.object({
  DATABASE_ADMIN_URL: z.string().min(1).describe('PostgreSQL URL of a login that may create roles and schemas'),
  DATABASE_PASSWORDS_FILE: z.string().min(1).describe("JSON file with the passwords of all services' logins"),
});
export type DatabaseConfig = z.output<typeof databaseConfig>;

/** How the operator reaches services that were not started from DATA_DIR; the names are the services' own. */
export const operatorConfig = z.object({
  SERVICE_KEYS_FILE: z.string().describe('JSON file of the public keys (JWK) of all services, by service name'),
  SERVICE_PRIVATE_KEY_FILE: z.string().describe("JSON file of the operator's private key (JWK)"),
  PUBLIC_URL: z.url().describe('the address that clients use'),
  AUTH_MFA_URL: z.url().describe('base URL of auth-mfa'),
  USER_LIFECYCLE_URL: z.url().describe('base URL of user-lifecycle'),
  WEBHOOK_DISPATCHER_URL: z.url().describe('base URL of webhook-dispatcher'),
});
export type OperatorConfig = z.output<typeof operatorConfig>;

export function readToolConfig(): ToolConfig {
  return toolConfig.parse({ DATA_DIR: process.env['DATA_DIR'] || undefined });
}

/** Undefined when the database is the one in DATA_DIR. @throws ConfigError naming every wrong variable */
export function readDatabaseConfig(): DatabaseConfig | undefined {
  const { DATABASE_ADMIN_URL, DATABASE_ADMIN_URL_FILE } = process.env;
  return DATABASE_ADMIN_URL || DATABASE_ADMIN_URL_FILE ? loadConfig(databaseConfig, process.env) : undefined;
}

/** Undefined when the services are those that DATA_DIR's platform.json names. @throws ConfigError naming every wrong variable */
export function readOperatorConfig(): OperatorConfig | undefined {
  return process.env['SERVICE_PRIVATE_KEY_FILE'] ? loadConfig(operatorConfig, process.env) : undefined;
}

/** What the child processes of a tool inherit, e.g. PATH and the settings that an operator gave the start command. */
export function inheritedEnvironment(): Record<string, string | undefined> {
  return process.env;
}
