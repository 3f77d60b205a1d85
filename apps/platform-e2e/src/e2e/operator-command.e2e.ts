import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
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

  it('reaches services by addresses and keys alone, as in a container', async () => {
    const { slug } = await Tenant.create();
    const dataDir = inject('dataDir');
    const platform = JSON.parse(await readFile(join(dataDir, 'platform.json'), 'utf8')) as {
      services: Record<string, { url: string }>;
    };
    const url = (service: string) => platform.services[service]?.url ?? '';
    const settings = {
      SERVICE_KEYS_FILE: join(dataDir, 'secrets/service-keys.json'),
      SERVICE_PRIVATE_KEY_FILE: join(dataDir, 'secrets/operator.key.json'),
      PUBLIC_URL: inject('baseUrl'),
      AUTH_MFA_URL: url('auth-mfa'),
      USER_LIFECYCLE_URL: url('user-lifecycle'),
      WEBHOOK_DISPATCHER_URL: url('webhook-dispatcher'),
    };
    const elsewhere = new Operator(`${dataDir}-none`, inject('baseUrl'), settings);
    expect(JSON.stringify(await elsewhere.run('tenant', 'list'))).toContain(`"${slug}"`);
    const down = { ...settings, USER_LIFECYCLE_URL: 'http://127.0.0.1:9' };
    const { code, stderr } = await new Operator(dataDir, inject('baseUrl'), down).attempt('tenant', 'list');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/user-lifecycle does not answer at http:..127/)]);
  });

  it('says "start the platform first" where none runs, and ends with 2', async () => {
    const nowhere = new Operator(`${inject('dataDir')}-${uniqueName('none-')}`, 'http://127.0.0.1:9');
    const { code, stderr, stdout } = await nowhere.attempt('tenant', 'list');
    expect([code, `${stderr}${stdout}`]).toEqual([2, expect.stringMatching(/start the platform first/i)]);
  });
});
