import { randomUUID } from 'node:crypto';
import { startTestPostgres, type TestCluster } from '@countersign/embedded-postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDataSource } from './data-source.js';
import { ProcessLiveness } from './process-liveness.js';
import { UnitOfWork } from './unit-of-work.js';

let cluster: TestCluster;
let uow: UnitOfWork;
let close: () => Promise<void>;

beforeAll(async () => {
  cluster = await startTestPostgres();
  const source = createDataSource({ url: cluster.adminUrl('postgres'), schema: 'public', applicationName: 'test' });
  await source.initialize();
  uow = new UnitOfWork(source, source);
  close = () => source.destroy();
});
afterAll(() => close());

const gone = (...names: string[]) => uow.system('test', tx => ProcessLiveness.gone(tx, names));

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('not so within 15 s');
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

it('shows who lives and who does not, and survives a lost connection', async () => {
  const [alive, dead] = [randomUUID(), randomUUID()];
  const liveness = new ProcessLiveness(cluster.adminUrl('postgres'), `alive-${alive}`);
  await liveness.hold(alive);
  expect(await gone(alive, dead)).toEqual([dead]);
  await uow.system('test', tx =>
    tx.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1`, [`alive-${alive}`]),
  );
  await until(async () => (await gone(alive)).length === 1);
  await until(async () => (await gone(alive)).length === 0);
  await liveness.stop();
  await until(async () => (await gone(alive)).length === 1);
});
