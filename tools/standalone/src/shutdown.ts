import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';

/** A terminal sends Ctrl-C to npm and to us, and npm hands it on: within a second it is one wish, later an urgent one. */
const SAME_WISH_MS = 1_000;

/**
 * What ends the supervisor: Ctrl-C, SIGTERM, the closed terminal, the end of a process that it must not outlive.
 * `asked` aborts at the first wish, `urgent` at a second one.
 */
export function watchForShutdown(options: { parentPipeFd?: number; startedByNpm: boolean }): {
  asked: AbortSignal;
  urgent: AbortSignal;
} {
  const asked = new AbortController();
  const urgent = new AbortController();
  let first: number | undefined;
  const wish = (reason: string) => {
    first ??= Date.now();
    if (!asked.signal.aborted) asked.abort(reason);
    else if (Date.now() - first > SAME_WISH_MS) urgent.abort(reason);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => wish(signal));
  if (options.parentPipeFd !== undefined) {
    // No file stream: its blocking read would keep process.exit from returning.
    const pipe = new Socket({ fd: options.parentPipeFd, readable: true, writable: false });
    for (const end of ['end', 'error', 'close']) pipe.once(end, () => asked.abort('its parent has ended'));
    pipe.resume();
  }
  if (options.startedByNpm) watchNpm(() => asked.abort('npm has ended'));
  return { asked: asked.signal, urgent: urgent.signal };
}

/** npm killed by force would leave the platform running with nobody to stop it. */
function watchNpm(gone: () => void): void {
  const before = ancestors().join();
  const timer = setInterval(() => {
    if (ancestors().join() === before) return;
    clearInterval(timer);
    gone();
  }, 500);
  timer.unref();
}

/** Our parent and, where it can be read, its parent: npm runs scripts through a shell, which may stay between. */
function ancestors(): number[] {
  try {
    // proc(5): the parent is the second field after the name, which stands in brackets and may hold blanks.
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    return [process.ppid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])];
  } catch {
    return [process.ppid];
  }
}

/** Settles when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
