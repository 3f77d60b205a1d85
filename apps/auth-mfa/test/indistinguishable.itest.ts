import type { TenantId } from '@countersign/kernel';
import { UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import type { ApiAnswer } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PasswordHasher } from '../src/credentials/password-hasher.js';
import { World, type KnownPerson } from './world.js';

interface Attempt {
  answer: ApiAnswer;
  verifications: number;
  hashes: number;
  statements: string[];
}

let world: World;
let tenant: TenantId;
const attempts = new Map<string, Attempt>();

/** One attempt with all that it made the service do. */
async function attempt(name: string, person: Pick<KnownPerson, 'tenant' | 'login' | 'password'>): Promise<void> {
  const hasher = world.auth.app.get(PasswordHasher);
  const uow = world.auth.app.get(UnitOfWork);
  const verify = vi.spyOn(hasher, 'verify');
  const hash = vi.spyOn(hasher, 'hash');
  const statements: string[] = [];
  const run = uow.run.bind(uow);
  const spy = vi.spyOn(uow, 'run').mockImplementation((id, work) =>
    run(id, tx => {
      if ((id as string) !== (person.tenant as string) && (id as string) !== '0') return work(tx);
      statements.push('begin');
      const query: TenantTransaction['query'] = (sql, parameters) => {
        statements.push(sql.replaceAll(/\s+/g, ' ').trim());
        return tx.query(sql, parameters);
      };
      return work({ ...tx, query });
    }),
  );
  const answer = await world.logIn(person as KnownPerson, await world.from('198.51.100.7'));
  attempts.set(name, {
    answer,
    verifications: verify.mock.calls.length,
    hashes: hash.mock.calls.length,
    statements,
  });
  for (const each of [verify, hash, spy]) each.mockRestore();
}

beforeAll(async () => {
  world = await World.start();
  tenant = await world.tenant();
  const other = await world.tenant();
  const person = await world.person(tenant);
  const disabled = await world.person(tenant);
  await world.change(disabled, { status: 'disabled' });
  const withoutPassword = await world.person(tenant, { password: null });
  const deleted = await world.person(tenant);
  await world.change(deleted, { status: 'deleted' });
  const staged = await world.person(tenant, { status: 'staged' });
  const shut = await world.tenant();
  const inShut = await world.person(shut);
  await world.disableTenant(shut);

  await attempt('wrong password', { ...person, password: 'not the password' });
  await attempt('unknown login', { ...person, login: 'nobody-here' });
  await attempt('unknown tenant', { ...person, tenant: 'no-such-tenant' as TenantId });
  await attempt('malformed tenant', { ...person, tenant: 'NOT A SLUG' as TenantId });
  await attempt("another tenant's login", { ...person, tenant: other });
  await attempt('disabled user', disabled);
  await attempt('staged user', staged);
  await attempt('deleted user', deleted);
  await attempt('user without a password', { ...withoutPassword, password: 'whatever it may be' });
  await attempt('disabled tenant', inShut);
});
afterAll(() => world.stop());

describe('a refused login', () => {
  const names = [
    'unknown login',
    'unknown tenant',
    'malformed tenant',
    "another tenant's login",
    'disabled user',
    'staged user',
    'deleted user',
    'user without a password',
    'disabled tenant',
  ];

  it('answers 401 invalid_credentials', () => {
    const { answer } = attempts.get('wrong password')!;
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ code: 'invalid_credentials', detail: 'Tenant, login or password is wrong' });
  });

  it.each(names)('of %s has the body and headers of a wrong password', name => {
    const shown = ({ answer }: Attempt) => ({
      status: answer.status,
      body: { ...(answer.body as object), traceId: null },
      headers: { ...answer.headers, date: null },
    });
    expect(shown(attempts.get(name)!)).toEqual(shown(attempts.get('wrong password')!));
  });

  it.each(['wrong password', ...names])('of %s costs exactly one verification', name => {
    expect(attempts.get(name)).toMatchObject({ verifications: 1, hashes: 0 });
  });

  it.each(names)('of %s runs the statements of a wrong password', name => {
    const expected = attempts.get('wrong password')!.statements;
    expect(expected.length).toBeGreaterThan(6);
    const known = !['unknown tenant', 'malformed tenant'].includes(name);
    // What only a tenant that exists may keep is written all the same, and taken back.
    const wanted = known
      ? expected
      : expected.map(sql => (sql.startsWith('release') ? 'rollback to savepoint failed_login' : sql));
    expect(attempts.get(name)!.statements).toEqual(wanted);
  });

  it('leaves no event of a tenant that does not exist, and one with the reason of a tenant that does', async () => {
    expect(await world.events('no-such-tenant' as TenantId, 'login.failed')).toEqual([]);
    expect(await world.events('0' as TenantId, 'login.failed')).toEqual([]);
    const codes = (await world.events(tenant, 'login.failed')).map(event => event['code']).sort();
    expect(codes).toEqual(
      ['wrong_password', 'unknown_login', 'unknown_login', 'user_not_active', 'user_not_active', 'no_password'].sort(),
    );
  });
});
