import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ConsumerProcessOptions } from './consumer-process.ts';
import { PROBE } from './probe-database.js';
import type { Probe } from './probe.js';

/** A consumer in a process of its own. */
export interface ConsumerProcess {
  readonly pid: number;
  /** Ends it; answers its exit code, or the signal that killed it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string>;
}

/** Starts a member of the probe's group and waits until it has joined. */
export async function forkConsumer(
  probe: Probe,
  options: Pick<ConsumerProcessOptions, 'handlerMs' | 'hangs'>,
): Promise<ConsumerProcess> {
  const { appUrl, workerUrl } = probe.database;
  const argument: ConsumerProcessOptions = { service: PROBE, appUrl, workerUrl, config: probe.config, ...options };
  const child = fork(join(import.meta.dirname, 'consumer-process.ts'), [JSON.stringify(argument)], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const first = await Promise.race([once(child, 'message'), exited]);
  if (first[0] !== 'joined') throw new Error(`A consumer process ended before it joined: ${first.join()}`);
  return { pid: child.pid!, end: signal => end(child, exited, signal) };
}

async function end(
  child: ChildProcess,
  exited: Promise<[number | null, NodeJS.Signals | null]>,
  signal: NodeJS.Signals,
): Promise<number | string> {
  child.kill(signal);
  const [code, by] = await exited;
  return code ?? by!;
}
