import { describe, expect, inject, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { uniqueName } from '../support/names.js';
import { Operator } from '../support/operator.js';
import { expectProblem } from '../support/problem.js';
import { Tenant } from '../support/tenant.js';

describe("the operator's command", () => {
  const operator = () => new Operator(inject('dataDir'), inject('baseUrl'));

  it('lists the tenants', async () => {
    const { slug } = await Tenant.create();
    expect(JSON.stringify(await operator().run('tenant', 'list'))).toContain(`"${slug}"`);
  });

  it('refuses a slug that is taken or none, in words', async () => {
    const { slug } = await Tenant.create();
    for (const wrong of [slug, 'Under_Score', 'x'.repeat(33)]) {
      const { code, stderr, stdout } = await operator().attempt('tenant', 'create', wrong, '--admin-login', 'admin');
      expect(code, wrong).not.toBe(0);
      expect(`${stderr}${stdout}`, wrong).toMatch(/\w+ \w+/);
      expect(`${stderr}${stdout}`, wrong).not.toMatch(/at \w+ \(|node_modules/);
    }
  });

  it('disables a tenant: its tokens die within the bound of a revocation and nobody logs in', async () => {
    const tenant = await Tenant.create();
    await operator().run('tenant', 'disable', tenant.slug);
    await eventually('the token is refused', async () => (await tenant.admin.get('/v1/users')).status === 401, {
      deadlineMs: 6_000,
    });
    const login = { tenant: tenant.slug, login: tenant.adminLogin, password: tenant.adminPassword };
    expectProblem(await tenant.anonymous.post('/v1/login', login), { status: 401, code: 'invalid_credentials' });
  });

  it('says "start the platform first" where none runs, and ends with 2', async () => {
    const nowhere = new Operator(`${inject('dataDir')}-${uniqueName('none-')}`, 'http://127.0.0.1:9');
    const { code, stderr, stdout } = await nowhere.attempt('tenant', 'list');
    expect([code, `${stderr}${stdout}`]).toEqual([2, expect.stringMatching(/start the platform first/i)]);
  });
});
