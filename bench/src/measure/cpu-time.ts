import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: what Linux counts a process's time in, on every machine that Node runs on. */
const TICKS_PER_SECOND = 100;

interface ProcessTimes {
  parent: number;
  seconds: number;
}

/**
 * Processor time that each named process has taken so far, with all that it has started: Postgres answers every connection
 * by a process of its own.
 * @returns seconds by name; undefined where the system has no /proc
 */
export function cpuSeconds(named: Readonly<Record<string, number>>): Record<string, number> | undefined {
  const processes = readProcesses();
  if (!processes) return undefined;
  const below = (pid: number): number =>
    [...processes].reduce((sum, [child, { parent }]) => (parent === pid ? sum + below(child) : sum), own(pid));
  const own = (pid: number) => processes.get(pid)?.seconds ?? 0;
  return Object.fromEntries(Object.entries(named).map(([name, pid]) => [name, below(pid)]));
}

function readProcesses(): Map<number, ProcessTimes> | undefined {
  let names: string[];
  try {
    names = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  } catch {
    return undefined;
  }
  const processes = new Map<number, ProcessTimes>();
  for (const name of names) {
    try {
      processes.set(Number(name), parseStat(readFileSync(`/proc/${name}/stat`, 'utf8')));
    } catch {
      // It has ended meanwhile.
    }
  }
  return processes;
}

/** One line of /proc/<pid>/stat (proc(5)). The time of children that have ended counts too. */
export function parseStat(line: string): ProcessTimes {
  // The second field is the program's name in brackets, which may hold anything.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return { parent: Number(fields[1]), seconds: (user + system + childrenUser + childrenSystem) / TICKS_PER_SECOND };
}
