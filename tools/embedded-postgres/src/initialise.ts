import { randomBytes, randomUUID } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { commandLine } from '@countersign/local-server';
import { program } from './binaries.js';
import { runAs } from './identity.js';
import { ensureOwner, type Placement } from './placement.js';

export const SUPERUSER = 'postgres';
const PASSWORD_FILE = 'countersign.superuser';

/**
 * Makes the cluster if there is none, and answers the superuser's password, which is kept inside the data (0600). The
 * folder appears complete or not at all: initdb works beside it and the result is renamed.
 */
export async function initialiseCluster(placement: Placement, socketDir: string, durable: boolean): Promise<string> {
  const { dataDir, identity } = placement;
  if (!(await isCluster(dataDir))) {
    await refuseForeignFiles(dataDir);
    const draft = `${dataDir}.initdb-${process.pid}-${randomUUID()}`;
    try {
      await initdb(placement, draft, socketDir, durable);
      await rename(draft, dataDir);
    } catch (error) {
      // Another process may have been first; then its cluster is as good.
      if (!(await isCluster(dataDir))) throw error;
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    await removeDrafts(dataDir);
  }
  await ensureOwner(dataDir, identity);
  return (await readFile(join(dataDir, PASSWORD_FILE), 'utf8')).trim();
}

async function isCluster(dataDir: string): Promise<boolean> {
  return stat(join(dataDir, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

async function refuseForeignFiles(dataDir: string): Promise<void> {
  const names = await readdir(dataDir).catch(() => []);
  if (names.length > 0)
    throw new Error(`${dataDir} holds files that are no PostgreSQL data; it must be absent or empty`);
}

/** Leftovers of a start that was killed; one that is under way keeps its own. */
async function removeDrafts(dataDir: string): Promise<void> {
  const parent = dirname(dataDir);
  const prefix = `${basename(dataDir)}.initdb-`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const owner = Number.parseInt(name.slice(prefix.length), 10);
    if (await commandLine(owner)) continue;
    await rm(join(parent, name), { recursive: true, force: true });
  }
}

async function initdb(
  { binaries, identity }: Placement,
  draft: string,
  socketDir: string,
  durable: boolean,
): Promise<void> {
  const password = randomBytes(24).toString('base64url');
  const passwordFile = join(socketDir, `password-${randomUUID()}`);
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600, flag: 'wx' });
  try {
    if (identity.kind === 'nobody') {
      await chown(draft, identity.uid, identity.gid);
      await chown(passwordFile, identity.uid, identity.gid);
    }
    const { code, output } = await runAs(identity, program(binaries, 'initdb'), [
      `--pgdata=${draft}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      // The machine's locale must not decide the encoding or the order of text.
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(durable ? [] : ['--no-sync']),
    ]);
    if (code !== 0) throw new Error(`initdb failed (${code ?? 'not started'}):\n${output.trim()}`);
    await writeFile(join(draft, PASSWORD_FILE), `${password}\n`, { mode: 0o600 });
    if (identity.kind === 'nobody') await chown(join(draft, PASSWORD_FILE), identity.uid, identity.gid);
  } finally {
    await rm(passwordFile, { force: true });
  }
}
