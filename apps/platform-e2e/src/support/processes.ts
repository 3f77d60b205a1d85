import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

const run = promisify(execFile);

/** The machine's processes; those that have ended and wait for their parent (zombies) are left out. */
export async function listProcesses(): Promise<RunningProcess[]> {
  const { stdout } = await run('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], { maxBuffer: 1 << 24 });
  return stdout.split('\n').flatMap(line => {
    const found = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    if (!found) return [];
    const [, pid, parent, state = '', command = ''] = found;
    return state.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}

/** Every process below `root`, itself not included. */
export function descendants(processes: readonly RunningProcess[], root: number): RunningProcess[] {
  const children = processes.filter(({ parent }) => parent === root);
  return children.flatMap(child => [child, ...descendants(processes, child.pid)]);
}

/** The service's own process among these: the one that runs its main file. */
export function serviceProcess(processes: readonly RunningProcess[], service: string): RunningProcess | undefined {
  return processes.find(({ command }) => new RegExp(`apps/${service}/dist/main\\.js`).test(command));
}

export function isSame(a: RunningProcess, b: RunningProcess): boolean {
  return a.pid === b.pid && a.command === b.command;
}
