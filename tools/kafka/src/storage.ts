import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readConfig } from './config.js';
import type { Jvm } from './jvm.js';

/** A user that the broker knows from the first start on (SASL SCRAM). */
export interface ScramUser {
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly name: string;
  readonly password: string;
}

/** Formats the storage unless it is formatted: cluster id, features and users are written once. */
export async function formatStorage(
  jvm: Jvm,
  dataDir: string,
  propertiesFile: string,
  users: readonly ScramUser[],
): Promise<void> {
  const data = join(dataDir, 'data');
  if (await exists(join(data, 'meta.properties'))) return;
  if ((await readdir(data).catch(() => [])).some(name => name.startsWith('__cluster_metadata')))
    throw new Error(`${data} holds a Kafka log without its meta.properties: restore that file, or remove the folder`);
  const scram = users.flatMap(({ mechanism, name, password }) => [
    '--add-scram',
    `${mechanism}=[name=${name},password=${password}]`,
  ]);
  const cluster = randomBytes(16).toString('base64url');
  // A cluster id that begins with "-" would be taken for an option.
  const id = cluster.startsWith('-') ? `A${cluster.slice(1)}` : cluster;
  const args = ['format', '--cluster-id', id, '--config', propertiesFile, ...scram];
  try {
    await promisify(execFile)(jvm.program, [...jvm.options, 'kafka.tools.StorageTool', ...args], {
      env: readConfig().environment,
    });
  } catch (cause) {
    // What is half formatted is no Kafka's yet.
    await rm(data, { recursive: true, force: true });
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new Error(`Kafka's storage cannot be formatted:\n${`${stdout}${stderr}`.trim() || String(cause)}`, { cause });
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
