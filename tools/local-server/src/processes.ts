import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** The command line of a process; undefined when there is none, or only a zombie is left of it. */
export async function commandLine(pid: number): Promise<string[] | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return text === '' ? undefined : text.split('\0').slice(0, -1);
  }
  const ps = await promisify(execFile)('ps', ['-ww', '-o', 'args=', '-p', String(pid)]).catch(() => undefined);
  const line = ps?.stdout.trim();
  return line ? line.split(' ') : undefined;
}

/**
 * Ends a process: each signal in turn, and so many milliseconds for it to take effect.
 * @param isIt whether the number still is that process: by now it may be anybody's, and a signal would hit a stranger
 * @returns false when it is there after the last signal
 */
export async function endProcess(
  pid: number,
  isIt: () => Promise<boolean>,
  signals: readonly (readonly [signal: NodeJS.Signals, patienceMs: number])[],
): Promise<boolean> {
  for (const [signal, patienceMs] of signals) {
    if (!(await isIt())) return true;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
      throw error;
    }
    for (const end = Date.now() + patienceMs; Date.now() < end;) {
      if (!(await isIt())) return true;
      await delay(20);
    }
  }
  return false;
}

/**
 * Ends a server with another process, however that ends: a shell that outlives both waits for it, sends the signal, SIGKILL
 * after half a minute, and removes the folders.
 */
export function endWith(owner: number, server: { pid: number; signal: NodeJS.Signals; folders?: string[] }): void {
  const script = [
    'owner=$1; server=$2; signal=$3; shift 3',
    'while kill -0 "$owner" 2>/dev/null && kill -0 "$server" 2>/dev/null; do sleep 1; done',
    'kill -s "$signal" "$server" 2>/dev/null',
    'tries=0',
    'while kill -0 "$server" 2>/dev/null; do',
    '  sleep 0.1; tries=$((tries + 1))',
    '  if [ "$tries" -eq 300 ]; then kill -s KILL "$server" 2>/dev/null; fi',
    'done',
    'rm -rf -- "$@"',
  ].join('\n');
  outlive(script, [String(owner), String(server.pid), server.signal.replace(/^SIG/, ''), ...(server.folders ?? [])]);
}

/** Removes a folder when a process has ended. */
export function removeWith(owner: number, folder: string): void {
  outlive('while kill -0 "$1" 2>/dev/null; do sleep 1; done; rm -rf -- "$2"', [String(owner), folder]);
}

/** A shell that goes on when its parent has ended; with a PATH of its own, because without `sleep` it would never rest. */
function outlive(script: string, args: readonly string[]): void {
  const options = { detached: true, stdio: 'ignore', cwd: '/', env: { PATH: '/usr/bin:/bin' } } as const;
  spawn('/bin/sh', ['-c', script, 'sh', ...args], options).unref();
}
