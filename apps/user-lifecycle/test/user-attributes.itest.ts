import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@countersign/testing';
import { AttributeCatalogRepository } from '../src/attributes/attribute-catalog.repository.js';
import { Harness, newUserBody, problemOf, userOf, type TestTenant } from './harness.js';

describe("the tenant's typed attributes", () => {
  let harness: Harness;
  let tenant: TestTenant;

  beforeAll(async () => {
    harness = await Harness.start();
  });
  beforeEach(async () => {
    harness.dispatcher.reset();
    tenant = await harness.createTenant();
  });
  afterAll(() => harness?.stop());

  const put = (attributes: unknown[], headers: Record<string, string> = {}) =>
    tenant.admin.put('/v1/user-attributes', { attributes }, { headers });
  const pointers = async (fields: Record<string, unknown>) =>
    problemOf(await tenant.admin.post('/v1/users', newUserBody(fields))).errors?.map(error => error.pointer);

  it('keeps the catalogue under an entity tag', async () => {
    const empty = await tenant.admin.get('/v1/user-attributes');
    expect([empty.body, empty.headers['etag']]).toEqual([{ attributes: [] }, '"1"']);
    const definition = { name: 'floor', type: 'number', required: false, unique: false };
    const saved = await put([{ name: 'floor', type: 'number' }], { 'if-match': '"1"' });
    expect([saved.status, saved.body, saved.headers['etag']]).toEqual([200, { attributes: [definition] }, '"2"']);
    expect((await put([definition])).headers['etag']).toBe('"2"');
    expect((await put([], { 'if-match': '"1"' })).status).toBe(412);
    expect((await (await tenant.as(['HELPDESK'])).put('/v1/user-attributes', { attributes: [] })).status).toBe(403);
  });

  it('refuses a catalogue that contradicts itself', async () => {
    const cases: [unknown[], number, string][] = [
      [[{ name: '1st', type: 'string' }], 400, '/attributes/0/name'],
      [[{ name: 'a', type: 'money' }], 400, '/attributes/0/type'],
      [[{ name: 'a', type: 'string', colour: 1 }], 400, '/attributes/0/colour'],
      [[{ name: 'a', type: 'enum' }], 422, '/attributes/0/values'],
      [[{ name: 'a', type: 'string', values: ['x'] }], 422, '/attributes/0/values'],
      [[{ name: 'a', type: 'boolean', unique: true }], 422, '/attributes/0/unique'],
      [[{ name: 'a', type: 'string' }, { name: 'A', type: 'string' }], 422, '/attributes/1/name'],
    ]; // prettier-ignore
    for (const [attributes, status, pointer] of cases) {
      const answer = await put(attributes);
      expect([answer.status, problemOf(answer).errors?.[0]?.pointer], JSON.stringify(attributes)).toEqual([
        status,
        pointer,
      ]);
    }
  });

  it('checks types, required attributes and enum values by pointer', async () => {
    const attributes = [
      { name: 'badge', type: 'string', required: true },
      { name: 'floor', type: 'number' },
      { name: 'remote', type: 'boolean' },
      { name: 'hired', type: 'date' },
      { name: 'grade', type: 'enum', values: ['A', 'B'] },
    ];
    const early = await tenant.createUser();
    expect((await put(attributes)).status).toBe(200);
    const wrong = { floor: 'two', remote: 1, hired: '2026-02-30', grade: 'C', other: 1 };
    expect((await pointers({ attributes: wrong }))?.sort()).toEqual(
      ['badge', 'floor', 'grade', 'hired', 'other', 'remote'].map(name => `/attributes/${name}`),
    );
    const right = { badge: 'B', floor: 2.5, remote: false, hired: '2026-02-28', grade: 'A' };
    const user = await tenant.createUser({ attributes: right });
    expect(user.attributes).toEqual(right);
    const path = `/v1/users/${user.id}`;
    expect(userOf(await tenant.admin.patch(path, { attributes: { floor: 3, grade: null } })).attributes).toEqual({
      badge: 'B',
      floor: 3,
      hired: '2026-02-28',
      remote: false,
    });
    expect(problemOf(await tenant.admin.patch(path, { attributes: { badge: null } })).errors?.[0]?.pointer).toBe(
      '/attributes/badge',
    );
    expect((await tenant.admin.patch(`/v1/users/${early.id}`, { country: 'Peru' })).status).toBe(200);
  });

  it('does not take away or retype what users have, nor make unique what is not', async () => {
    await put([{ name: 'badge', type: 'string' }, { name: 'grade', type: 'enum', values: ['A', 'B'] }]); // prettier-ignore
    const [one, two] = [
      await tenant.createUser({ attributes: { badge: 'same', grade: 'A' } }),
      await tenant.createUser({ attributes: { badge: 'SAME' } }),
    ];
    const grade = { name: 'grade', type: 'enum', values: ['A', 'B'] };
    for (const attributes of [
      [grade],
      [{ name: 'badge', type: 'number' }, grade],
      [
        { name: 'badge', type: 'string' },
        { ...grade, values: ['B'] },
      ],
    ]) {
      const answer = await put(attributes);
      expect([answer.status, problemOf(answer).code]).toEqual([409, 'attribute_in_use']);
    }
    const unique = [{ name: 'badge', type: 'string', unique: true }, grade];
    const notUnique = await put(unique);
    expect([notUnique.status, problemOf(notUnique).code]).toEqual([409, 'attribute_not_unique']);
    await tenant.admin.patch(`/v1/users/${two.id}`, { attributes: { badge: 'other' } });
    expect((await put(unique)).status).toBe(200);
    expect((await tenant.admin.post('/v1/users', newUserBody({ attributes: { badge: 'Other' } }))).status).toBe(409);
    expect(
      (
        await put([
          { name: 'badge', type: 'string' },
          { ...grade, values: ['A'] },
        ])
      ).status,
    ).toBe(200);
    expect((await tenant.admin.post('/v1/users', newUserBody({ attributes: { badge: 'Other' } }))).status).toBe(201);
    expect(one.attributes).toEqual({ badge: 'same', grade: 'A' });
  });

  it('lets no creation through that was checked by the catalogue before', async () => {
    harness.dispatcher.answer('validateUser', async () => {
      await put([{ name: 'badge', type: 'string', required: true }]);
      return { outcome: 'unchanged' };
    });
    const answer = await tenant.admin.post('/v1/users', newUserBody());
    expect([answer.status, problemOf(answer).code]).toEqual([409, 'attributes_changed']);
  });

  it('takes an attribute for absent whose name every object knows', async () => {
    // A body's member of this name never arrives: no attribute can have it.
    expect((await put([{ name: 'constructor', type: 'string' }])).status).toBe(400);
    await put([{ name: 'valueOf', type: 'string', unique: true }]);
    const one = await tenant.createUser();
    await tenant.createUser();
    await tenant.createUser({ attributes: { valueOf: 'c' } });
    expect((await tenant.admin.post('/v1/users', newUserBody({ attributes: { valueOf: 'C' } }))).status).toBe(409);
    expect(
      userOf(await tenant.admin.patch(`/v1/users/${one.id}`, { attributes: { valueOf: 'd' } })).attributes,
    ).toEqual({ valueOf: 'd' });
    const [, event] = await harness.eventTypes(tenant.id, one.id, ['user.created', 'user.updated']);
    expect(event!.data.changed).toEqual(['/attributes/valueOf']);
  });

  it('makes values unique over what a creation that died had reserved', async () => {
    await put([{ name: 'desk', type: 'string' }]);
    const user = await tenant.createUser({ attributes: { desk: 'D-1' } });
    await harness.sql(
      tenant.id,
      `insert into unique_values (tenant_id, name, value, user_id, reservation, lease_until)
       values ($1, 'attributes.desk', 'd-1', 'usr_dead', gen_random_uuid(), now() - interval '1 hour')`,
      [tenant.id],
    );
    expect((await put([{ name: 'desk', type: 'string', unique: true }])).status).toBe(200);
    const held = await harness.sql(
      tenant.id,
      `select user_id, reservation from unique_values where name = 'attributes.desk'`,
    );
    expect(held).toEqual([{ user_id: user.id, reservation: null }]);
  });

  it('leaves no value in the hands of a user that is deleted while the attribute becomes unique', async () => {
    await put([{ name: 'locker', type: 'string' }]);
    const user = await tenant.createUser({ attributes: { locker: 'L-1' } });
    const catalogs = new AttributeCatalogRepository();
    let deletion: Promise<{ status: number }> | undefined;
    await harness.uow.run(tenant.id, async tx => {
      const before = await catalogs.lock(tx);
      expect(await catalogs.holdValues(tx, 'locker')).toBe(true);
      let answered = false;
      deletion = tenant.admin.delete(`/v1/users/${user.id}`).finally(() => {
        answered = true;
      });
      // It waits for the catalogue; what does not is through by now, and has not seen the values that are held.
      await eventually(async () => {
        const [{ waiting }] = (await tx.query(
          `select exists (select from pg_locks where not granted and pid = any(array(
             select pid from pg_stat_activity where datname = current_database()))) as waiting`,
        )) as [{ waiting: boolean }];
        if (!waiting && !answered) throw new Error('neither waiting nor answered');
      });
      const unique = before.attributes.map(attribute => ({ ...attribute, unique: true }));
      await catalogs.replace(tx, unique);
    });
    expect((await deletion!).status).toBe(204);
    const next = await tenant.admin.post('/v1/users', newUserBody({ attributes: { locker: 'L-1' } }));
    expect(next.status).toBe(201);
  });

  it('holds long unique values apart without an index row that is too long', async () => {
    await put([{ name: 'note', type: 'string', unique: true }]);
    const note = 'ﷺ'.repeat(3000);
    await tenant.createUser({ attributes: { note } });
    await tenant.createUser({ attributes: { note: `${note}x` } });
    expect((await tenant.admin.post('/v1/users', newUserBody({ attributes: { note } }))).status).toBe(409);
  });
});
