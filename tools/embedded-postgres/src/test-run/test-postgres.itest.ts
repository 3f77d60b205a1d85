import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { commandLine } from '@countersign/local-server';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { startTestPostgres } from './test-postgres.js';

async function value(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return ((await client.query({ text: sql, rowMode: 'array' })).rows as unknown[][])[0]?.[0];
  } finally {
    await client.end();
  }
}

/** A run of tests of its own, which has its cluster. */
async function runOfItsOwn(env: Record<string, string> = {}) {
  const script = (name: string) => join(import.meta.dirname, '../../test', name);
  const args = ['--conditions=@countersign/source', '--import', script('resolve-source.mjs'), script('test-run.ts')];
  const run = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', ...env },
  });
  let errors = '';
  run.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [line] = (await Promise.race([once(run.stdout, 'data'), once(run, 'exit')])) as [Buffer | null];
  if (!Buffer.isBuffer(line)) throw new Error(`the run ended early:\n${errors}`);
  const { pid, dataDir } = JSON.parse(line.toString()) as { pid: number; dataDir: string };
  return { run, pid, dataDir, said: () => errors };
}

describe('startTestPostgres', () => {
  it('builds a template once and gives every caller a copy of its own', async () => {
    const cluster = await startTestPostgres();
    let built = 0;
    const build = async (database: string) => {
      built += 1;
      await value(cluster.adminUrl(database), 'create table counter as select 0 as n');
    };
    const key = `itest ${process.pid}`;
    const names = await Promise.all([cluster.createDatabase(key, build), cluster.createDatabase(key, build)]);
    expect(built).toBe(1);
    await value(cluster.adminUrl(names[0]), 'update counter set n = 1');
    expect(await Promise.all(names.map(name => value(cluster.adminUrl(name), 'select n from counter')))).toEqual([
      1, 0,
    ]);
    await Promise.all(names.map(name => cluster.dropDatabase(name)));
  });

  it('a template that cannot be built is tried again by the next', async () => {
    const cluster = await startTestPostgres();
    const key = `itest broken ${process.pid}`;
    await expect(cluster.createDatabase(key, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const name = await cluster.createDatabase(key, () => Promise.resolve());
    await cluster.dropDatabase(name);
  });

  it('ends with the process of the run even when that is killed', async () => {
    const { run, pid, dataDir } = await runOfItsOwn();
    expect(await commandLine(pid)).toContain(dataDir);
    run.kill('SIGKILL');
    for (const end = Date.now() + 30_000; Date.now() < end; await delay(100)) {
      if ((await commandLine(pid)) === undefined && !(await stat(dataDir).catch(() => undefined))) return;
    }
    expect.unreachable('the cluster of a killed run is still there');
  });

  it('takes the server that DATABASE_URL names, and leaves it running', async () => {
    const cluster = await startTestPostgres();
    const { run, dataDir, said } = await runOfItsOwn({ DATABASE_URL: cluster.adminUrl() });
    run.kill('SIGKILL');
    await once(run, 'exit');
    expect(await value(cluster.adminUrl(), 'show data_directory')).toBe(dataDir);
    expect(said()).toBe('');
    const folder = join(tmpdir(), `countersign-test-postgres-${run.pid}`);
    await vi.waitFor(() => expect(stat(folder)).rejects.toThrow('ENOENT'), { timeout: 30_000 });
  });

  it('says why it does not, and takes another', async () => {
    const cluster = await startTestPostgres();
    await cluster.asAdmin(admin => admin.query(`create role ordinary login password 'x'`));
    const url = cluster.urlFor({ user: 'ordinary', password: 'x', database: 'postgres' });
    const { run, dataDir, said } = await runOfItsOwn({ DATABASE_URL: url });
    run.kill('SIGKILL');
    await cluster.asAdmin(admin => admin.query('drop role ordinary'));
    expect(dataDir).not.toBe(await value(cluster.adminUrl(), 'show data_directory'));
    expect(said()).toMatch(/DATABASE_URL cannot be used: its user is no superuser; it is (embedded|docker) instead/);
  });
});
