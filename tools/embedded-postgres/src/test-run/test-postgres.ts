import { hostname } from 'node:os';
import { join } from 'node:path';
import { climb, endWith, readRunPid, removeWith, shareInRun, startContainer } from '@countersign/local-server';
import pg from 'pg';
import { startPostgres } from '../start-postgres.js';
import { readTestConfig } from './config.js';
import { TestCluster } from './test-cluster.js';

/** The version that docker-compose.yml has. */
const IMAGE = 'postgres:18.4-bookworm';
/** Less than what a file of tests waits for its first hook; an image that takes longer is pulled by hand. */
const CONTAINER_PATIENCE_MS = 40_000;

interface Shared {
  url: string;
  rung: 'given' | 'docker' | 'embedded';
  /** Why each better way that is there did not come off. */
  notes: string[];
}

let shared: Promise<TestCluster> | undefined;

/**
 * The cluster of this test run: the server that DATABASE_URL names, one in a container where a Docker engine answers, or the
 * embedded one. The first file that asks starts it, all others of the run share it, and it ends with the run's process, also
 * when that is killed.
 */
export function startTestPostgres(): Promise<TestCluster> {
  return (shared ??= open());
}

async function open(): Promise<TestCluster> {
  const { url } = await shareInRun<Shared>({
    name: 'postgres',
    patienceMs: 180_000,
    start,
    answers: async shared => (await problemOf(shared.url)) === undefined,
  });
  return new TestCluster(url, `${hostname()} ${readRunPid()}`);
}

async function start(folder: string, runPid: number): Promise<Shared> {
  const { rung, value, notes } = await climb<Shared['rung'], string>([
    { name: 'given', open: given },
    { name: 'docker', open: () => inContainer(runPid) },
    { name: 'embedded', open: () => embedded(folder, runPid) },
  ]);
  for (const note of notes) process.stderr.write(`PostgreSQL of the tests: ${note}; it is ${rung} instead\n`);
  // The embedded server takes it along.
  if (rung !== 'embedded') removeWith(runPid, folder);
  return { url: value, rung, notes };
}

async function given(): Promise<string | undefined> {
  const { givenUrl } = readTestConfig();
  const problem = givenUrl === undefined ? undefined : await problemOf(givenUrl);
  if (problem) throw new Error(`DATABASE_URL cannot be used: ${problem}`);
  return givenUrl;
}

async function inContainer(runPid: number): Promise<string | undefined> {
  const request = { kind: 'postgres', image: IMAGE, runPid, patienceMs: CONTAINER_PATIENCE_MS } as const;
  return (await startContainer<{ adminUrl: string }>(request))?.adminUrl;
}

async function embedded(folder: string, runPid: number): Promise<string> {
  const postgres = await startPostgres({
    dataDir: join(folder, 'data'),
    durable: false,
    // Tests of queues want to see what autovacuum would do in production, but not when.
    settings: { max_connections: '300', shared_buffers: '64MB', autovacuum_naptime: '30s' },
  });
  endWith(runPid, {
    pid: postgres.pid,
    signal: 'SIGQUIT',
    folders: [folder, postgres.socketDir, postgres.dataDir],
  });
  return postgres.adminUrl();
}

/** Why the tests cannot use a server; undefined when they can. */
async function problemOf(url: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ super: boolean; version: number }>(
      `select rolsuper as super, current_setting('server_version_num')::int as version from pg_roles where rolname = current_user`,
    );
    if (!rows[0]?.super) return 'its user is no superuser';
    return rows[0].version < 160_000 ? 'it is older than PostgreSQL 16' : undefined;
  } catch (error) {
    return error instanceof Error ? error.message || String(error) : String(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
