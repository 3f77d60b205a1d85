import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres, type EmbeddedPostgres, type StartOptions } from '../src/index.js';
import { isRunning } from '../src/postmaster.js';

let folder: string;
const started: EmbeddedPostgres[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-postgres-test-'));
});

afterEach(async () => {
  await Promise.all(started.splice(0).map(postgres => postgres.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<StartOptions> = {}): Promise<EmbeddedPostgres> {
  const postgres = await startPostgres({ dataDir: join(folder, 'data'), durable: false, ...options });
  started.push(postgres);
  return postgres;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

async function ownerProcess(dataDir: string): Promise<{ child: ChildProcess; pid: number; adopted: boolean }> {
  const script = (name: string) => join(import.meta.dirname, name);
  const child = spawn(process.execPath, ['--import', script('resolve-source.mjs'), script('owner.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const [line] = (await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])) as [Buffer];
  return { child, ...(JSON.parse(line.toString()) as { pid: number; adopted: boolean }) };
}

describe('startPostgres', () => {
  it('makes a UTF-8 cluster that listens on a private socket only, and keeps data over a restart', async () => {
    const first = await start();
    const [settings] = await query(
      first.adminUrl(),
      `select current_setting('server_encoding') encoding, current_setting('listen_addresses') addresses,
        (select concat(datlocprovider, ' ', datlocale) from pg_database where datname = 'template1') locale`,
    );
    expect(settings).toEqual({ encoding: 'UTF8', addresses: '', locale: 'b C.UTF-8' });
    expect((await stat(first.socketDir)).mode & 0o777).toBe(0o700);
    await query(first.adminUrl(), 'create table kept as select 42 as answer');
    await first.stop();
    await first.exited;

    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await query(second.adminUrl(), 'select * from kept')).toEqual([{ answer: 42 }]);
  });

  it('is durable unless told otherwise', async () => {
    const postgres = await start({ durable: true });
    expect(
      await query(
        postgres.adminUrl(),
        `select current_setting('fsync') || current_setting('full_page_writes') as safe`,
      ),
    ).toEqual([{ safe: 'onon' }]);
  });

  it('hands out URLs that pg and URL read alike, and lets nobody in without the password', async () => {
    const postgres = await start();
    await query(postgres.adminUrl(), `create role "a@b" login password 'p/w?%'`);
    await query(postgres.adminUrl(), 'create database other');
    const url = postgres.urlFor({ user: 'a@b', password: 'p/w?%', database: 'other' });
    expect(new URL(url).pathname).toBe('/other');
    expect(await query(url, 'select current_user as who, current_database() as db')).toEqual([
      { who: 'a@b', db: 'other' },
    ]);
    const wrong = postgres.urlFor({ user: 'postgres', password: 'guess', database: 'postgres' });
    await expect(query(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('takes over the server of an owner that was killed; signals to the owner and its group do not reach it', async () => {
    const owner = await ownerProcess(join(folder, 'data'));
    process.kill(-owner.child.pid!, 'SIGTERM');
    process.kill(-owner.child.pid!, 'SIGKILL');
    await once(owner.child, 'exit');
    const postgres = await start();
    expect(postgres.adopted).toBe(true);
    expect(postgres.pid).toBe(owner.pid);
    expect(await query(postgres.adminUrl(), 'select 1 as one')).toEqual([{ one: 1 }]);
    await postgres.stop();
    await postgres.exited;
    expect(await isRunning(postgres.pid, postgres.dataDir)).toBe(false);
  });

  it('stops and replaces a leftover server whose settings are not the wanted ones', async () => {
    const first = await start();
    const second = await start({ settings: { max_connections: '30' } });
    expect(second.adopted).toBe(false);
    expect(second.pid).not.toBe(first.pid);
    expect(await first.exited).toBe('exit code 0');
    expect(await query(second.adminUrl(), `select current_setting('max_connections') as n`)).toEqual([{ n: '30' }]);
  });

  it('recovers after the server itself was killed, with nothing committed lost', async () => {
    const first = await start();
    await query(first.adminUrl(), 'create table kept as select 1 as answer');
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toBe('killed by SIGKILL');
    const second = await start();
    expect(await query(second.adminUrl(), 'select * from kept')).toEqual([{ answer: 1 }]);
  });

  it('is not held up by a lock file whose pid is by now a stranger', async () => {
    const first = await start();
    const lock = join(first.dataDir, 'postmaster.pid');
    const text = await readFile(lock, 'utf8');
    await first.stop();
    await writeFile(lock, text.replace(/^\d+/, String(process.pid)));
    const second = await start();
    expect(await query(second.adminUrl(), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('gives two starts at once the same server', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    expect(one.pid).toBe(two.pid);
  });

  it('runs below a folder of mode 0700, whoever starts it', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const postgres = await start({ dataDir: join(closed, 'deep', 'er', 'data'), elsewhere: join(folder, 'elsewhere') });
    expect(await query(postgres.adminUrl(), 'select 1 as one')).toEqual([{ one: 1 }]);
    await postgres.stop();
    // A folder that opens up later changes the server's user, and its data go along.
    await chmod(closed, 0o755);
    await chmod(folder, 0o755);
    const again = await start({ dataDir: join(closed, 'deep', 'er', 'data') });
    expect(await query(again.adminUrl(), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('puts programs and data elsewhere when nothing else is possible, and finds them again', async () => {
    const elsewhere = join(folder, 'elsewhere');
    await chmod(folder, 0o755);
    const dataDir = join(folder, 'data');
    const first = await start({ dataDir, elsewhere, kinds: ['elsewhere'] });
    expect(first.dataDir.startsWith(elsewhere)).toBe(true);
    await query(first.adminUrl(), 'create table kept as select 7 as answer');
    await first.stop();
    const second = await start({ dataDir, elsewhere });
    expect(second.dataDir).toBe(first.dataDir);
    expect(await query(second.adminUrl(), 'select * from kept')).toEqual([{ answer: 7 }]);
  });

  it('clears away what a killed first start left', async () => {
    const left = join(folder, `data.initdb-${2 ** 22 + 1}-x`);
    await mkdir(left);
    await start();
    await expect(stat(left)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('says what the server says when it cannot start, and refuses a folder of other files', async () => {
    await expect(start({ settings: { shared_buffers: 'nonsense' } })).rejects.toThrow(/shared_buffers/);
    await mkdir(join(folder, 'other'));
    await writeFile(join(folder, 'other', 'letter.txt'), 'hello');
    await expect(start({ dataDir: join(folder, 'other') })).rejects.toThrow(/no PostgreSQL data/);
  });
});
