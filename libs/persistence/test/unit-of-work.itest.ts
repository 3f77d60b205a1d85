import { tenantId } from '@countersign/kernel';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { isDatabaseUnavailable, OutboxEntity, sqlState, violatedConstraint, type UnitOfWork } from '../src/index.js';
import { createTestSchema, query, type TestSchema } from './test-schema.js';

const acme = tenantId('acme');
const globex = tenantId('globex');
let schema: TestSchema;
let uow: UnitOfWork;

beforeAll(async () => {
  schema = await createTestSchema();
  uow = schema.persistence.uow;
});

afterEach(async () => {
  await schema.as('owner', 'truncate thing, job');
});

afterAll(() => schema.close());

const ids = () =>
  uow.run(acme, async tx => (await tx.query<{ id: number }>('select id from thing order by id')).map(row => row.id));

describe('UnitOfWork.run', () => {
  it('commits what the work did and answers its value', async () => {
    const answer = await uow.run(acme, async tx => {
      await tx.query(`insert into thing values ($1, 1)`, [tx.tenantId]);
      return 'done';
    });
    expect(answer).toBe('done');
    expect(await ids()).toEqual([1]);
  });

  it('rolls everything back when the work fails, and passes its error on', async () => {
    const failure = new Error('no');
    const work = uow.run(acme, async tx => {
      await tx.query(`insert into thing values ('acme', 1)`);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await ids()).toEqual([]);
  });

  it('does not take a transaction for committed whose failed statement was caught', async () => {
    const work = uow.run(acme, async tx => {
      await tx.query(`insert into thing values ('acme', 1)`);
      await tx.query(`insert into thing values ('acme', 1)`).catch(() => undefined);
    });
    await expect(work).rejects.toMatchObject({ code: '25P02' });
    expect(await ids()).toEqual([]);
  });

  it('commits after a failure that a savepoint undid', async () => {
    await uow.run(acme, async tx => {
      await tx.query(`insert into thing values ('acme', 1)`);
      const again = tx.manager.transaction(inner => inner.query(`insert into thing values ('acme', 1)`));
      await expect(again).rejects.toThrow(/thing_pkey/);
      await tx.query('savepoint own');
      await expect(tx.query(`insert into thing values ('acme', 1)`)).rejects.toThrow(/thing_pkey/);
      await tx.query('rollback to savepoint own');
      await tx.query(`insert into thing values ('acme', 2)`);
    });
    expect(await ids()).toEqual([1, 2]);
  });

  it('answers the rows of every kind of statement', async () => {
    const rows = await uow.run(acme, async tx => [
      await tx.query(`insert into thing values ('acme', 1), ('acme', 2)`),
      await tx.query(`update thing set note = 'x' where id = $1 returning id, note`, [2]),
      await tx.query(`delete from thing where id = 1 returning id`),
    ]);
    expect(rows).toEqual([[], [{ id: 2, note: 'x' }], [{ id: 1 }]]);
  });

  it('has a prepared statement planned once per connection, and run for the tenant of each transaction', async () => {
    const add = `insert into thing values ($1, $2)`;
    const read = `select tenant_id, id from thing where id = $1`;
    for (const tenant of [acme, globex]) await uow.run(tenant, tx => tx.prepared(add, [tenant, 1]));
    for (let i = 0; i < 8; i++) {
      for (const tenant of [acme, globex]) {
        await uow.run(tenant, async tx => {
          expect(await tx.prepared(read, [1])).toEqual([{ tenant_id: tenant, id: 1 }]);
          expect(await tx.query(`select from pg_prepared_statements where statement = $1`, [read])).toHaveLength(1);
        });
      }
    }
  });

  it('gives a prepared statement that begins the transaction the values that it gets in its middle', async () => {
    const echo = `select $1::text as "text", $2::text[] as "texts", $3::int as "int", $4::boolean as "yes", $5::jsonb as "json",
      $6::timestamptz as "at", $7::bigint[] as "big", current_setting('app.tenant_id') as "tenant"`;
    const text = `a'b"c\\d $1 -- ü \u{1F600}`;
    const json = { text, list: [1, null] };
    const values = [text, [text, null, ''], -7, false, JSON.stringify(json), '2026-01-02T03:04:05.678Z', [1, 2]];
    const expected = {
      text,
      texts: [text, null, ''],
      int: -7,
      yes: false,
      json,
      at: new Date('2026-01-02T03:04:05.678Z'),
      big: ['1', '2'],
    };
    for (let i = 0; i < 12; i++) {
      const tenant = i % 2 ? acme : globex;
      await uow.run(tenant, async tx => {
        expect(await tx.prepared(echo, values)).toEqual([{ ...expected, tenant }]);
        expect(await tx.prepared(echo, values)).toEqual([{ ...expected, tenant }]);
      });
    }
  });

  it('rolls back a transaction whose first statement fails, however it was begun, and goes on', async () => {
    const add = `insert into thing values ($1, $2) returning id`;
    const pids = new Set<unknown>();
    for (let i = 0; i < 12; i++) {
      const twice = uow.run(acme, async tx => {
        await tx.prepared(add, [acme, 1]);
        await tx.prepared(add, [acme, 1]);
      });
      await expect(twice).rejects.toMatchObject({ code: '23505', query: add });
      const foreign = uow.run(acme, tx => tx.prepared(add, [globex, 1]));
      await expect(foreign).rejects.toMatchObject({ code: '42501', query: add });
      pids.add(await uow.run(acme, async tx => (await tx.query('select pg_backend_pid() as pid'))[0]!['pid']));
    }
    expect(pids.size).toBe(1);
    expect(await ids()).toEqual([]);
  });

  it('ends a transaction that had no statement without one', async () => {
    expect(await uow.run(acme, () => Promise.resolve('nothing'))).toBe('nothing');
    await expect(uow.run(acme, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await ids()).toEqual([]);
  });

  it('counts the caught failure of a prepared statement too', async () => {
    const work = uow.run(acme, async tx => {
      for (let i = 0; i < 2; i++) {
        await tx.prepared(`insert into thing values ($1, $2)`, [acme, 1]).catch(() => undefined);
      }
    });
    await expect(work).rejects.toMatchObject({ code: '25P02' });
  });

  it('gives its entity manager the same transaction and tenant', async () => {
    const outbox = (note: string) => ({ tenantId: acme, topic: note, part: 0, key: 'k', headers: {}, payload: '' });
    const count = await uow.run(acme, async tx => {
      await tx.manager.insert(OutboxEntity, outbox('t'));
      return tx.query(`select topic from outbox`);
    });
    expect(count).toEqual([{ topic: 't' }]);
  });

  it('runs afterCommit callbacks once committed, and none after a rollback or a failed commit', async () => {
    const seen: string[] = [];
    await uow.run(acme, async tx => {
      tx.afterCommit(() => seen.push('committed'));
      await tx.query(`insert into thing values ('acme', 1)`);
      expect(seen).toEqual([]);
    });
    await uow
      .run(acme, tx => {
        tx.afterCommit(() => seen.push('rolled back'));
        return Promise.reject(new Error('no'));
      })
      .catch(() => undefined);
    expect(seen).toEqual(['committed']);
  });

  it('a failing afterCommit is a warning: the work is committed, and run says so', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const seen: string[] = [];
    const answer = await uow.run(acme, async tx => {
      tx.afterCommit(() => {
        throw new Error('callback');
      });
      tx.afterCommit(() => seen.push('second'));
      await tx.query(`insert into thing values ('acme', 1)`);
      return 'committed';
    });
    expect([answer, seen, warned.mock.calls.length]).toEqual(['committed', ['second'], 1]);
    warned.mockRestore();
    expect(await ids()).toEqual([1]);
  });

  it('names the constraint that a statement broke', async () => {
    const twice = uow.run(acme, tx => tx.query(`insert into thing values ('acme', 1), ('acme', 1)`));
    const error = await twice.then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect([sqlState(error), violatedConstraint(error), isDatabaseUnavailable(error)]).toEqual([
      '23505',
      'thing_pkey',
      false,
    ]);
  });
});

describe('the tenant variable', () => {
  it('holds for the transaction only: no connection of the pool remembers it', async () => {
    const pids = new Set<unknown>();
    for (let i = 0; i < 12; i++) {
      await uow.run(acme, async tx => pids.add((await tx.query(`select pg_backend_pid() as pid`))[0]!['pid']));
      const [left] = await schema.persistence.app.query<Record<string, unknown>[]>(
        `select pg_backend_pid() as pid, current_setting('app.tenant_id', true) as tenant`,
      );
      expect(pids).toContain(left!['pid']);
      expect(left!['tenant'] ?? '').toBe('');
      expect(await schema.persistence.app.query('select * from thing')).toEqual([]);
    }
  });

  it('is not mixed up by transactions at the same time, nor left behind by one that failed', async () => {
    const tenants = Array.from({ length: 40 }, (_, i) => (i % 2 ? acme : globex));
    const results = await Promise.allSettled(
      tenants.map((tenant, i) =>
        uow.run(tenant, async tx => {
          await tx.query(`insert into thing values ($1, $2)`, [tenant, i]);
          if (i % 4 === 0) throw new Error('no');
          return (await tx.query(`select distinct tenant_id from thing`)).map(row => row['tenant_id']);
        }),
      ),
    );
    results.forEach((result, i) => {
      if (i % 4 === 0) expect(result.status).toBe('rejected');
      else expect(result).toEqual({ status: 'fulfilled', value: [tenants[i]] });
    });
  });

  it('gives the connection of a killed backend back as broken: the next transaction works', async () => {
    const cut = uow.run(acme, async tx => {
      const [me] = await tx.query(`select pg_backend_pid() as pid`);
      await query(schema.adminUrl(), `select pg_terminate_backend(${String(me!['pid'])})`);
      await tx.query(`insert into thing values ('acme', 1)`);
    });
    const error = await cut.then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(isDatabaseUnavailable(error)).toBe(true);
    for (let i = 0; i < 6; i++) expect(await ids()).toEqual([]);
  });
});

describe('UnitOfWork.system', () => {
  it('works across tenants on queue tables, under a name that the server shows', async () => {
    await uow.system('relay', async tx => {
      await tx.query(`insert into job values ('acme', 1), ('globex', 1)`);
      expect(await tx.query(`select application_name from pg_stat_activity where pid = pg_backend_pid()`)).toEqual([
        { application_name: 'relay' },
      ]);
    });
    expect(await uow.system('relay', tx => tx.query('select tenant_id from job order by 1'))).toHaveLength(2);
    expect(await uow.run(acme, tx => tx.query('select tenant_id from job'))).toEqual([{ tenant_id: 'acme' }]);
  });

  it('ping answers for both logins', async () => {
    await expect(uow.ping()).resolves.toBeUndefined();
  });
});
