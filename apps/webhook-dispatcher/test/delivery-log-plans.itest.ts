import { tenantId } from '@countersign/kernel';
import { createDataSource, type ServicePersistence } from '@countersign/persistence';
import { createTestDatabase, RecordingUnitOfWork, type TestDatabase } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDeliveryFilter } from '../src/deliveries/delivery-filter.js';
import { DeliveryLogRepository, type DeliveryKey } from '../src/deliveries/delivery-log.repository.js';
import { service } from '../src/service.js';

const tenant = tenantId('acme');
const ENDED = 200_000;
const WAITING = 30_000;
/** Most pages of 8 KiB that one statement looks at: ten thousand rows, each in an index and in its table. */
const MOST_PAGES = 25_000;

/** The log has the even places, the queue the odd ones; a place later is half a second later. */
const place = (n: string) =>
  `'dlv_' || lpad((${n})::text, 26, '0') as id, timestamptz '2026-01-01' + (${n}) * interval '0.5 seconds' as created_at`;
const COMMON = `case when n % 20000 = 9 then 'ep_rare' else 'ep_' || n % 2 end as endpoint_id, 'evt_1' as event_id, now() as event_at,
  case when n % 50000 = 7 then 'postDeleteUser' else 'postCreateUser' end as hook, 'notify' as mode, 'usr_' || n % 1000 as user_id`;
const FILL = [
  `select webhook_dispatcher.ensure_partitions('delivery_log', date '2026-01-01', 4)`,
  `insert into delivery_log (tenant_id, id, created_at, endpoint_id, event_id, event_at, hook, mode, user_id, state, attempts, finished_at, awaited, verdict)
   select 'acme', ${place('2 * n')}, ${COMMON}, case when n % 5000 = 5 then 'failed' when n % 3 = 0 then 'discarded' else 'succeeded' end,
          1, now(), n % 100 = 50, case when n = 50 then 'refused' end
     from generate_series(1, ${ENDED}) n`,
  `insert into delivery (tenant_id, id, created_at, endpoint_id, event_id, event_at, hook, mode, user_id, attempts, since, due_at, expires_at)
   select 'acme', ${place('2 * n + 1')}, ${COMMON}, case when n % 10000 = 1 then 1 else 0 end, now(), now(), now()
     from generate_series(${ENDED - WAITING + 1}, ${ENDED}) n`,
];

/** What the API's filters find, as conditions on the rows of both tables. */
const FILTERS: [filter: string, where: string][] = [
  ['hook eq "postDeleteUser"', `hook = 'postDeleteUser'`],
  ['hook eq "none"', 'false'],
  ['endpoint eq "ep_rare"', `endpoint_id = 'ep_rare'`],
  ['user eq "usr_77"', `user_id = 'usr_77'`],
  ['user eq "usr_7" and hook eq "postDeleteUser"', `user_id = 'usr_7' and hook = 'postDeleteUser'`],
  ['endpoint eq "ep_1" and verdict eq "refused"', 'false'],
  ['verdict eq "refused"', `verdict = 'refused'`],
  ['awaited eq true and time lt "2026-01-01T01:00:00Z"', `awaited and created_at < '2026-01-01T01:00:00Z'`],
  ['state eq "failed"', `state = 'failed'`],
  ['state eq "retrying"', `state = 'retrying'`],
  ['state eq "retrying" and state eq "failed"', 'false'],
  ['state eq "succeeded" and endpoint eq "ep_rare"', `state = 'succeeded' and endpoint_id = 'ep_rare'`],
  ['time ge "2026-01-02T00:00:00Z" and time lt "2026-01-02T00:10:00Z"',
    `created_at >= '2026-01-02T00:00:00Z' and created_at < '2026-01-02T00:10:00Z'`],
]; // prettier-ignore

describe('the log of many deliveries', () => {
  let database: TestDatabase;
  let persistence: ServicePersistence;
  let uow: RecordingUnitOfWork;
  const log = new DeliveryLogRepository();

  beforeAll(async () => {
    database = await createTestDatabase({ services: [service] });
    const admin = createDataSource({
      url: database.adminUrl(),
      schema: 'webhook_dispatcher',
      applicationName: 'test-fill',
      poolMax: 1,
    });
    await admin.initialize();
    for (const statement of [...FILL, 'analyze']) await admin.query(statement);
    await admin.destroy();
    persistence = await database.open(service);
    uow = new RecordingUnitOfWork(persistence);
  });
  afterAll(() => database?.close());

  /** The ids of one page; what it asked of the database is held against the bounds. */
  async function page(filter: string, before: DeliveryKey | undefined) {
    uow.take();
    const answer = await uow.run(tenant, tx => log.list(tx, parseDeliveryFilter(filter), 200, before));
    for (const { sql, scanned, pages } of uow.take()) {
      expect(scanned.filter(table => table !== 'webhook_endpoint'), sql).toEqual([]); // prettier-ignore
      expect(pages, sql).toBeLessThan(MOST_PAGES);
    }
    return answer;
  }

  it.each(FILTERS)(
    'finds all that match %s, each once, newest first, in pages of bounded work',
    async (filter, where) => {
      const ids: string[] = [];
      for (let before: DeliveryKey | undefined, more = true; more;) {
        const { rows, next } = await page(filter, before);
        ids.push(...rows.map(({ id }) => id));
        [before, more] = [next, next !== undefined];
      }
      const truth = await persistence.uow.run(tenant, tx =>
        tx.query<{ id: string }>(
          `select id from (
           select id, created_at, hook, endpoint_id, user_id, awaited, verdict, state from delivery_log union all
           select id, created_at, hook, endpoint_id, user_id, awaited, verdict, case attempts when 0 then 'pending' else 'retrying' end
             from delivery) d
          where ${where} order by id desc`,
        ),
      );
      expect(ids).toEqual(truth.map(({ id }) => id));
    },
  );
});
