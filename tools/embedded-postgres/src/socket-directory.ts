import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Identity } from './identity.js';

/** The server's port, which with a socket is only the end of its name. */
export const SOCKET_NAME = '.s.PGSQL.5432';
/** `sun_path` has 108 bytes on Linux and 104 on macOS, with the final zero (sys/un.h). */
const PATH_MAX = process.platform === 'darwin' ? 103 : 107;

/** The names to try, best first: short whatever the depth of the data, and never another cluster's. */
export function socketDirectoryNames(dataDir: string, uid: number, tmp = tmpdir()): string[] {
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const base = `countersign-${uid}-${hash}`;
  const fits = (dir: string) => Buffer.byteLength(join(dir, `${base}-9`, SOCKET_NAME)) <= PATH_MAX;
  const root = fits(tmp) ? tmp : '/tmp';
  return [base, ...Array.from({ length: 9 }, (_, i) => `${base}-${i + 1}`)].map(name => join(root, name));
}

/**
 * A folder of mode 0700 that belongs to the identity: nobody else can reach the socket in it. A name that another user has
 * taken (the folder for temporary files is open to all) is passed over.
 */
export async function makeSocketDirectory(dataDir: string, identity: Identity): Promise<string> {
  const names = socketDirectoryNames(dataDir, identity.uid);
  for (const dir of names) {
    try {
      await mkdir(dir, { mode: 0o700 });
      if (identity.kind === 'nobody') await chown(dir, identity.uid, identity.gid);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const found = await lstat(dir);
    if (!found.isDirectory() || found.uid !== identity.uid) continue;
    await chmod(dir, 0o700);
    return dir;
  }
  throw new Error(`Every name for the socket's folder is taken by another user: ${names[0]} and its like`);
}
