import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';

/**
 * Whose rights the server has. PostgreSQL refuses to run as root: root starts it as `nobody`, or, where nobody may not
 * reach the folder, in a user namespace in which root's own user id has another number.
 */
export type IdentityKind = 'self' | 'nobody' | 'namespace';

export interface Identity {
  readonly kind: IdentityKind;
  /** User and group that own the data, as this process sees them. */
  readonly uid: number;
  readonly gid: number;
}

const NOBODY = process.platform === 'darwin' ? 4_294_967_294 : 65_534;

export function identityOf(kind: IdentityKind): Identity {
  if (kind === 'nobody') return { kind, uid: NOBODY, gid: NOBODY };
  return { kind, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

/** The server's environment: nothing of ours (no PG* variable, no locale, no secret) but a search path. */
const ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };

/** Starts a program with the identity's rights, in a process group of its own: no signal meant for us reaches it. */
export function spawnAs(
  identity: Identity,
  command: string,
  args: readonly string[],
  stdio: StdioOptions,
): ChildProcess {
  const options = { cwd: '/', env: ENVIRONMENT, detached: true, stdio };
  if (identity.kind === 'namespace') {
    return spawn('unshare', ['--user', `--map-user=${NOBODY}`, '--', command, ...args], options);
  }
  if (identity.kind === 'nobody') return spawn(command, args, { ...options, uid: identity.uid, gid: identity.gid });
  return spawn(command, args, options);
}

/** Runs a program to its end. */
export function runAs(
  identity: Identity,
  command: string,
  args: readonly string[],
): Promise<{ code: number | null; output: string }> {
  return new Promise(resolve => {
    const child = spawnAs(identity, command, args, ['ignore', 'pipe', 'pipe']);
    let output = '';
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', error => {
      resolve({ code: null, output: error.message });
    });
    child.on('close', code => {
      resolve({ code, output });
    });
  });
}
