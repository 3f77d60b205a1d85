import { beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '../support/names.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import type { Page, User } from '../support/resources.js';
import { newUser, Tenant } from '../support/tenant.js';

describe('users: uniqueness under a race', () => {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await Tenant.create();
  });

  async function race(bodies: readonly Readonly<Record<string, unknown>>[]) {
    const answers = await Promise.all(bodies.map(body => tenant.admin.post<User>('/v1/users', body)));
    const won = answers.filter(({ status }) => status === 201);
    const lost = answers.filter(({ status }) => status !== 201);
    return { won, lost };
  }

  it('gives one user and nineteen clear 409 for twenty creates of one login at once', async () => {
    const login = uniqueName('racer-');
    const { won, lost } = await race(Array.from({ length: 20 }, () => newUser({ login })));
    expect(won.length).toBe(1);
    for (const answer of lost) expectProblem(answer, { status: 409, pointer: '/login' });
    const found = await tenant.admin.get<Page<User>>(`/v1/users?filter=${encodeURIComponent(`login eq "${login}"`)}`);
    expect(found.body.data.map(({ id }) => id)).toEqual(won.map(({ body }) => body.id));
  });

  it('takes logins that differ in case or in compatible characters only as one', async () => {
    const suffix = uniqueName('');
    const spellings = [`file-${suffix}`, `FILE-${suffix}`, `\uFB01le-${suffix}`, `\uFF46ile-${suffix}`];
    const { won, lost } = await race(spellings.map(login => newUser({ login })));
    expect(won.length).toBe(1);
    for (const answer of lost) expectProblem(answer, { status: 409, pointer: '/login' });
  });

  it('holds for a custom attribute marked unique', async () => {
    const attributes = [{ name: 'badge', type: 'string', unique: true }];
    expectStatus(await tenant.admin.put('/v1/user-attributes', { attributes }), 200);
    const badge = uniqueName('b-');
    const { won, lost } = await race(Array.from({ length: 8 }, () => newUser({ attributes: { badge } })));
    expect(won.length).toBe(1);
    for (const answer of lost) expectProblem(answer, { status: 409, pointer: '/attributes/badge' });
  });

  it('lets email and mobile be shared', async () => {
    const shared = { email: 'family@example.com', mobile: '+14155550100' };
    const { won } = await race([newUser(shared), newUser(shared)]);
    expect(won.length).toBe(2);
  });

  it('lets another tenant have the same login', async () => {
    const user = await tenant.createUser();
    const other = await Tenant.create();
    expect((await other.createUser({ login: user.login })).login).toBe(user.login);
  });

  it('never loses one of two updates with the same version', async () => {
    const user = await tenant.createUser();
    const path = `/v1/users/${user.id}`;
    const etag = (await tenant.admin.get(path)).headers['etag'] ?? '';
    const answers = await Promise.all(
      ['Peru', 'Chad', 'Fiji', 'Mali'].map(country =>
        tenant.admin.patch<User>(path, { country }, { 'if-match': etag }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
    const winner = answers.find(({ status }) => status === 200)?.body.country;
    expect((await tenant.admin.get<User>(path)).body).toMatchObject({ country: winner, version: 2 });
  });
});
