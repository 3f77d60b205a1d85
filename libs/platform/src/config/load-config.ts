import { readFileSync } from 'node:fs';
import type { z } from 'zod';

/** A configuration that cannot be used; the message names every wrong variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Environment = Record<string, string | undefined>;

/**
 * Parses the environment once. Empty variables count as absent, so that `FOO=` in a compose file means the default. For
 * every variable FOO of the schema, FOO_FILE may name a file that holds its value, as secrets of containers come; the end
 * of its last line is no part of the value.
 * @throws ConfigError naming every wrong variable at once
 */
export function loadConfig<Schema extends z.ZodObject>(schema: Schema, env: Environment): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const { values, problems } = readFromFiles(Object.keys(schema.shape), given);
  const parsed = schema.safeParse({ ...given, ...values });
  if (parsed.success && problems.size === 0) return parsed.data;
  const lines = [...problems.values()];
  for (const { path, message } of parsed.error?.issues ?? []) {
    // A variable whose file cannot be read is not missing as well.
    if (!problems.has(String(path[0]))) lines.push(`${path.join('.') || '(environment)'}: ${message}`);
  }
  throw new ConfigError(`The configuration cannot be used:\n${lines.map(line => `  ${line}`).join('\n')}`);
}

/** What the FOO_FILE variables hold; a variable that is itself called FOO_FILE in the schema stays a path. */
function readFromFiles(names: readonly string[], given: Environment) {
  const values: Record<string, string> = {};
  const problems = new Map<string, string>();
  for (const name of names) {
    const variable = `${name}_FILE`;
    const path = given[variable];
    if (path === undefined || names.includes(variable)) continue;
    try {
      if (given[name] !== undefined) throw new Error(`${name} is set too: keep one of the two`);
      const value = readFileSync(path, 'utf8').replace(/(\r?\n)+$/, '');
      if (value === '') throw new Error(`${path} is empty`);
      values[name] = value;
    } catch (error) {
      problems.set(name, `${variable}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { values, problems };
}
