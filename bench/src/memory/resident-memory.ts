import { readFileSync } from 'node:fs';

/** Resident set of a process in MiB, from /proc (Linux). */
export function residentMiB(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (!line) throw new Error(`Process ${pid} has no resident set`);
  return Number(line[1]) / 1_024;
}
