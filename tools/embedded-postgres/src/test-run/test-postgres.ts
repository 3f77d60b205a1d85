import { spawn } from 'node:child_process';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startPostgres } from '../start-postgres.js';
import { readTestConfig } from './config.js';
import { TestCluster } from './test-cluster.js';

let shared: Promise<TestCluster> | undefined;

/**
 * The cluster of this test run: the first file that asks starts it, all others of the run share it, and it ends with the
 * run's process, also when that is killed. `DATABASE_ADMIN_URL` puts another server in its place.
 */
export function startTestPostgres(): Promise<TestCluster> {
  return (shared ??= open());
}

async function open(): Promise<TestCluster> {
  const { adminUrl, runPid } = readTestConfig();
  return new TestCluster(adminUrl ?? (await clusterOfRun(runPid)), `${hostname()} ${runPid}`);
}

/** Starts the run's cluster, or waits for the file that does. */
async function clusterOfRun(runPid: number): Promise<string> {
  const folder = join(tmpdir(), `countersign-test-${runPid}`);
  const ready = join(folder, 'admin-url');
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return waitFor(ready, runPid);
  }
  try {
    const postgres = await startPostgres({
      dataDir: join(folder, 'data'),
      durable: false,
      // Tests of queues want to see what autovacuum would do in production, but not when.
      settings: { max_connections: '300', shared_buffers: '64MB', autovacuum_naptime: '30s' },
    });
    endWithRun(runPid, postgres.pid, [folder, postgres.socketDir, postgres.dataDir]);
    await writeFile(`${ready}.new`, postgres.adminUrl(), { mode: 0o600 });
    await rename(`${ready}.new`, ready);
    return postgres.adminUrl();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function waitFor(ready: string, runPid: number): Promise<string> {
  for (const end = Date.now() + 120_000; Date.now() < end;) {
    const url = await readFile(ready, 'utf8').catch(() => undefined);
    if (url && (await answers(url))) return url;
    if (url || !(await stat(join(ready, '..')).catch(() => undefined))) {
      // Left by an earlier run whose process had the same number: its watcher removes it now or never.
      await rm(join(ready, '..'), { recursive: true, force: true });
      return clusterOfRun(runPid);
    }
    await delay(50);
  }
  throw new Error(`The test cluster did not come up: ${ready}`);
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  return client
    .connect()
    .then(
      () => true,
      () => false,
    )
    .finally(() => client.end().catch(() => undefined));
}

/** A process that outlives the run, however that ends, and then ends the cluster and removes its files. */
function endWithRun(runPid: number, serverPid: number, folders: string[]): void {
  const script = [
    'run=$1; server=$2; shift 2',
    'while kill -0 "$run" 2>/dev/null && kill -0 "$server" 2>/dev/null; do sleep 1; done',
    'kill -QUIT "$server" 2>/dev/null',
    'while kill -0 "$server" 2>/dev/null; do sleep 0.1; done',
    'rm -rf -- "$@"',
  ].join('\n');
  spawn('/bin/sh', ['-c', script, 'sh', String(runPid), String(serverPid), ...folders], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
  }).unref();
}
