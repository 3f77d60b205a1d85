import { setTimeout as delay } from 'node:timers/promises';
import type { PlatformFile } from '@countersign/cli';
import { commandLine } from '@countersign/local-server';

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

function kill(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
