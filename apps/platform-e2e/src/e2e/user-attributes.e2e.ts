import { beforeAll, describe, expect, it } from 'vitest';
import { expectProblem, expectStatus } from '../support/problem.js';
import type { User } from '../support/resources.js';
import { newUser, Tenant } from '../support/tenant.js';

describe('custom attributes of a tenant', () => {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await Tenant.create();
    const attributes = [
      { name: 'costCentre', type: 'string', required: true },
      { name: 'grade', type: 'number' },
      { name: 'remote', type: 'boolean' },
      { name: 'joined', type: 'date' },
      { name: 'shirt', type: 'enum', values: ['S', 'M', 'L'] },
    ];
    expectStatus(await tenant.admin.put('/v1/user-attributes', { attributes }), 200);
  });

  function create(attributes: Record<string, unknown>) {
    return tenant.admin.post<User>('/v1/users', newUser({ attributes }));
  }

  it('shows the catalogue as it was written', async () => {
    const { attributes } = (await tenant.admin.get<{ attributes: { name: string }[] }>('/v1/user-attributes')).body;
    expect(attributes.map(({ name }) => name)).toEqual(['costCentre', 'grade', 'remote', 'joined', 'shirt']);
  });

  it('keeps values of the declared types', async () => {
    const attributes = { costCentre: 'C-1', grade: 7.5, remote: true, joined: '2026-01-31', shirt: 'M' };
    const user = expectStatus(await create(attributes), 201).body;
    expect(user.attributes).toEqual(attributes);
  });

  it('names a value of another type, outside the list, undeclared or missing by its pointer', async () => {
    const wrong: [string, Record<string, unknown>][] = [
      ['/attributes/grade', { costCentre: 'C', grade: 'seven' }],
      ['/attributes/remote', { costCentre: 'C', remote: 'yes' }],
      ['/attributes/joined', { costCentre: 'C', joined: '31.01.2026' }],
      ['/attributes/shirt', { costCentre: 'C', shirt: 'XXL' }],
      ['/attributes/shoe', { costCentre: 'C', shoe: 44 }],
      ['/attributes/costCentre', {}],
    ];
    for (const [pointer, attributes] of wrong) {
      const answer = await create(attributes);
      expect([400, 422], answer.text).toContain(answer.status);
      expectProblem(answer, { status: answer.status, pointer });
    }
  });

  it('merges a patch into the attributes one by one', async () => {
    const user = expectStatus(await create({ costCentre: 'C-2', grade: 3 }), 201).body;
    const path = `/v1/users/${user.id}`;
    const patched = await tenant.admin.patch<User>(path, { attributes: { grade: null, remote: false } });
    expect(expectStatus(patched, 200).body.attributes).toEqual({ costCentre: 'C-2', remote: false });
  });

  it('is written by an administrator only', async () => {
    const { api } = await Tenant.create().then(async other => {
      return other.signUp(['HELPDESK']);
    });
    expectProblem(await api.put('/v1/user-attributes', { attributes: [] }), { status: 403 });
  });
});
