import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { PlatformFile } from '@countersign/cli';

/** Marks a service's command line with its installation: two checkouts, or two data folders of one, are told apart. */
export function installationArgument(dataDir: string): string {
  return `--installation=${dataDir}`;
}

/**
 * Waits for services that a killed supervisor left: they end by themselves when its pipe closes, but take a moment to drain,
 * and hold their ports and database sessions meanwhile. After `patienceMs` they are killed.
 * @returns how many there were
 */
export async function endLeftovers(platform: PlatformFile, dataDir: string, patienceMs = 16_000): Promise<number> {
  const pids = Object.values(platform.services).flatMap(service => service.pid ?? []);
  const left = await filterOurs(pids, dataDir);
  const end = Date.now() + patienceMs;
  for (let alive = left; alive.length > 0; alive = await filterOurs(alive, dataDir)) {
    if (Date.now() > end) for (const pid of alive) kill(pid);
    await delay(100);
  }
  return left.length;
}

async function filterOurs(pids: readonly number[], dataDir: string): Promise<number[]> {
  const checked = await Promise.all(pids.map(async pid => ({ pid, command: await commandLine(pid) })));
  return checked.filter(({ command }) => command?.includes(installationArgument(dataDir))).map(({ pid }) => pid);
}

/** Undefined when there is no such process, or only a zombie is left of it. */
async function commandLine(pid: number): Promise<string[] | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return text === '' ? undefined : text.split('\0');
  }
  const ps = await promisify(execFile)('ps', ['-ww', '-o', 'args=', '-p', String(pid)]).catch(() => undefined);
  return ps?.stdout.trim().split(' ');
}

function kill(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
