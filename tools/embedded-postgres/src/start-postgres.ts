import type { ChildProcess } from 'node:child_process';
import { mkdir, realpath, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { commandLine } from '@countersign/local-server';
import { program } from './binaries.js';
import { socketUrl, type Login } from './connection-url.js';
import { initialiseCluster, SUPERUSER } from './initialise.js';
import { choosePlacement, type Placement, type PlacementOptions } from './placement.js';
import { clearStaleLocks, isRunning, readPostmaster, stopServer, type Postmaster } from './postmaster.js';
import { launchServer, serverArguments, waitUntilReady } from './server.js';
import { makeSocketDirectory } from './socket-directory.js';

export interface StartOptions extends PlacementOptions {
  /** Folder of the data, made if absent. */
  dataDir: string;
  /** False gives up safety in a power cut for speed (tests); default true. */
  durable?: boolean;
  /** Further server settings (`-c name=value`). */
  settings?: Readonly<Record<string, string>>;
  /** How long a start may take, recovery after a crash included; default 120 000. */
  timeoutMs?: number;
}

/** A server that accepts connections, on a socket that only its own user (and root) can reach. */
export interface EmbeddedPostgres {
  readonly pid: number;
  /** Where the data are: `dataDir`, or elsewhere when root's `nobody` cannot reach that. */
  readonly dataDir: string;
  readonly socketDir: string;
  /** True when a server left over by an earlier process was taken over. */
  readonly adopted: boolean;
  /** Superuser's URL of a database (default `postgres`). */
  adminUrl(database?: string): string;
  urlFor(login: Login): string;
  /** Settles when the server has ended, whoever ended it; the text says how. */
  readonly exited: Promise<string>;
  /** Fast shutdown: clients are cut off, everything acknowledged is kept. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on the folder, making the cluster first where there is none. A server that a killed process left behind
 * is taken over when it is the one that would be started, else stopped. The server has its own process group: no Ctrl-C
 * ends it, only `stop()` does; when its owner is killed it stays for the next start.
 * @throws Error with the end of the server's log when it cannot be started
 */
export async function startPostgres(options: StartOptions): Promise<EmbeddedPostgres> {
  const durable = options.durable ?? true;
  const asked = resolve(options.dataDir);
  await mkdir(dirname(asked), { recursive: true });
  const placement = await choosePlacement(join(await realpath(dirname(asked)), basename(asked)), options);
  const { dataDir, identity } = placement;
  const socketDir = await makeSocketDirectory(dataDir, identity);
  const password = await initialiseCluster(placement, socketDir, durable);
  const args = serverArguments(dataDir, socketDir, durable, options.settings ?? {});
  const url = (login: Login) => socketUrl(socketDir, login);
  const adminUrl = (database = 'postgres') => url({ user: SUPERUSER, password, database });
  const started = await startOrAdopt(
    placement,
    socketDir,
    args,
    adminUrl(),
    Date.now() + (options.timeoutMs ?? 120_000),
  );
  return {
    pid: started.pid,
    dataDir,
    socketDir,
    adopted: started.child === undefined,
    adminUrl,
    urlFor: url,
    exited: watchExit(started.pid, dataDir, started.child),
    stop: async () => {
      await stopServer(started.pid, dataDir);
      // Only when it is empty: another start may be using it by now.
      await rmdir(socketDir).catch(() => undefined);
    },
  };
}

interface Started {
  pid: number;
  child?: ChildProcess;
}

async function startOrAdopt(
  placement: Placement,
  socketDir: string,
  args: string[],
  url: string,
  end: number,
): Promise<Started> {
  const { dataDir } = placement;
  for (let pause = 50; ; pause = Math.min(pause * 2, 1_000)) {
    const left = await readPostmaster(dataDir);
    if (left && (await isRunning(left.pid, dataDir))) {
      if (await adopt(placement, left, args, url, end)) return { pid: left.pid };
      await stopServer(left.pid, dataDir);
    } else if (left) {
      await clearStaleLocks(dataDir, socketDir, left);
    }
    const launch = await launchServer(placement, args);
    const ended = () =>
      launch.child.exitCode !== null || launch.child.signalCode !== null || launch.child.pid === undefined;
    if (await waitUntilReady(url, end - Date.now(), ended)) {
      // Another start on the same data may have won: then the connection was to its server, and ours has ended.
      const pid = (await readPostmaster(dataDir))?.pid;
      if (pid !== undefined && pid === launch.child.pid) return { pid, child: launch.child };
      if (pid !== undefined && (await isRunning(pid, dataDir))) return { pid };
    }
    const log = await launch.log();
    // The lock of a server whose end is not complete yet: a zombie, or its last process.
    const locked = /lock file ".*" already exists|shared memory block .* still in use/.test(log);
    if (Date.now() > end || !(locked || /database system is (starting up|shutting down)/.test(log))) {
      if (!ended() && launch.child.pid !== undefined) await stopServer(launch.child.pid, dataDir, 1_000);
      throw new Error(`PostgreSQL does not start in ${dataDir}:\n${log.split('\n').slice(-15).join('\n')}`);
    }
    await delay(pause);
  }
}

/** A leftover server is taken over when it is what we would start (same program, same settings) and it answers. */
async function adopt(
  placement: Placement,
  left: Postmaster,
  args: string[],
  url: string,
  end: number,
): Promise<boolean> {
  const expected = [program(placement.binaries, 'postgres'), ...args].join(' ');
  if ((await commandLine(left.pid))?.join(' ') !== expected) return false;
  const gone = async () => !(await isRunning(left.pid, placement.dataDir));
  return waitUntilReady(url, Math.min(30_000, end - Date.now()), gone).catch(() => false);
}

function watchExit(pid: number, dataDir: string, child?: ChildProcess): Promise<string> {
  if (child) {
    return new Promise(settle => {
      const report = () => {
        settle(child.signalCode ? `killed by ${child.signalCode}` : `exit code ${child.exitCode ?? '?'}`);
      };
      if (child.exitCode !== null || child.signalCode !== null) report();
      else child.once('exit', report);
    });
  }
  return new Promise(settle => {
    const timer = setInterval(() => {
      void isRunning(pid, dataDir).then(running => {
        if (running) return;
        clearInterval(timer);
        settle('ended');
      });
    }, 500);
    timer.unref();
  });
}
