import { randomUUID } from 'node:crypto';
import { chown, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hydrate, locateBinaries, program, type Binaries } from './binaries.js';
import { identityOf, runAs, type Identity, type IdentityKind } from './identity.js';

/** Where the server runs: whose rights, which copy of the programs, which folder of data. */
export interface Placement {
  readonly identity: Identity;
  readonly binaries: Binaries;
  readonly dataDir: string;
}

/** Which of the ways are possible is found by trying; a test may demand one. */
export interface PlacementOptions {
  /** The ways that may be tried, in this order; default: all that the user has. */
  kinds?: readonly (IdentityKind | 'elsewhere')[];
  /** Folder for copies of programs and data: as root one that any user can reach, default /var/lib/countersign; else beside the data. */
  elsewhere?: string;
}

/**
 * As an ordinary user: the folder that was asked for. As root: there as `nobody`; else, below a folder that nobody may not
 * enter (mode 0700: root's home, many CI workspaces), there in a user namespace; else, where those are switched off,
 * programs and data live in `elsewhere`, and a file in the folder that was asked for says where.
 */
export async function choosePlacement(dataDir: string, options: PlacementOptions = {}): Promise<Placement> {
  const installed = await locateBinaries();
  const isRoot = process.getuid?.() === 0;
  const elsewhere = options.elsewhere ?? (isRoot ? '/var/lib/countersign' : dirname(dataDir));
  const hydrated = await hydrate(installed.nativeDir);
  const binaries = hydrated ? installed : await copyBinaries(installed, elsewhere);
  await mkdir(dirname(dataDir), { recursive: true });
  const kinds = options.kinds ?? (isRoot ? (['nobody', 'namespace', 'elsewhere'] as const) : (['self'] as const));
  // Data that were once put elsewhere stay there, whatever would be possible by now.
  const moved = await readMarker(dataDir);
  if (!moved) {
    for (const kind of kinds) {
      if (kind === 'elsewhere') continue;
      const identity = identityOf(kind);
      if (await canRun(identity, binaries, dirname(dataDir))) return { identity, binaries, dataDir };
    }
  }
  if (!moved && !kinds.includes('elsewhere')) {
    throw new Error(`PostgreSQL cannot be run in ${dataDir} with the rights of: ${kinds.join(', ')}`);
  }
  const identity = identityOf(isRoot ? 'nobody' : 'self');
  const copied = await copyBinaries(installed, elsewhere);
  const target = moved ?? join(elsewhere, randomUUID());
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  if (!(await canRun(identity, copied, dirname(target)))) {
    throw new Error(`PostgreSQL can run neither in ${dataDir} nor in ${elsewhere}: start it as an ordinary user`);
  }
  if (!moved) await writeMarker(dataDir, target);
  return { identity, binaries: copied, dataDir: target };
}

async function canRun(identity: Identity, binaries: Binaries, parent: string): Promise<boolean> {
  const version = await runAs(identity, program(binaries, 'postgres'), ['--version']);
  if (version.code !== 0) return false;
  const reach = await runAs(identity, '/bin/sh', [
    '-c',
    'test -x "$1" && test -r "$2"',
    'sh',
    parent,
    join(binaries.nativeDir, 'share'),
  ]);
  return reach.code === 0;
}

/** A copy of the programs that every user can read; made once per version. */
async function copyBinaries(installed: Binaries, elsewhere: string): Promise<Binaries> {
  const target = join(elsewhere, `postgres-${installed.version}`);
  const copied = { nativeDir: join(target, 'native'), version: installed.version };
  if (await stat(copied.nativeDir).catch(() => undefined)) return copied;
  const draft = `${target}.${randomUUID()}`;
  await mkdir(draft, { recursive: true, mode: 0o755 });
  await cp(installed.nativeDir, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  await hydrate(join(draft, 'native'));
  await rename(draft, target).catch(async (error: NodeJS.ErrnoException) => {
    await rm(draft, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  return copied;
}

const MARKER = 'DATA_IS_ELSEWHERE';

async function readMarker(dataDir: string): Promise<string | undefined> {
  const text = await readFile(join(dataDir, MARKER), 'utf8').catch(() => undefined);
  return text?.trim();
}

async function writeMarker(dataDir: string, target: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await writeFile(join(dataDir, MARKER), `${target}\n`, { mode: 0o600 });
}

/** Gives the folder to the identity when it belongs to another, e.g. after the folder above it changed its mode. */
export async function ensureOwner(dir: string, { uid, gid }: Identity): Promise<void> {
  if ((await stat(dir)).uid === uid) return;
  for (const name of await readdir(dir, { recursive: true })) {
    const path = join(dir, name);
    if (!(await lstat(path)).isSymbolicLink()) await chown(path, uid, gid);
  }
  // Last, so that an interrupted run starts again.
  await chown(dir, uid, gid);
}
