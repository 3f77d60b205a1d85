import { beforeAll, describe, expect, it } from 'vitest';
import { expectProblem, expectStatus } from '../support/problem.js';
import type { Page, User } from '../support/resources.js';
import { Tenant } from '../support/tenant.js';

describe('users: filters, order and cursor pages', () => {
  let tenant: Tenant;
  const logins: string[] = [];

  beforeAll(async () => {
    tenant = await Tenant.create();
    for (let number = 0; number < 7; number += 1) {
      const country = number % 2 === 0 ? 'India' : 'Nepal';
      const email = `person${String(number)}@example.com`;
      const user = await tenant.createUser({ login: `person-${String(number)}`, country, email });
      logins.push(user.login);
    }
  });

  function list(query: Record<string, string>) {
    return tenant.admin.get<Page<User>>(`/v1/users?${new URLSearchParams(query).toString()}`);
  }

  async function loginsOf(query: Record<string, string>): Promise<string[]> {
    return expectStatus(await list(query), 200).body.data.map(({ login }) => login);
  }

  it('pages through everyone exactly once', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    let pages = 0;
    while (cursor !== null) {
      const query: Record<string, string> = cursor ? { limit: '3', cursor } : { limit: '3' };
      const answer: Page<User> = expectStatus(await list(query), 200).body;
      expect(answer.page.limit).toBe(3);
      expect(answer.data.length).toBeLessThanOrEqual(3);
      seen.push(...answer.data.map(({ login }) => login));
      cursor = answer.page.next;
      pages += 1;
      expect(pages).toBeLessThan(10);
    }
    expect([...seen].sort()).toEqual([tenant.adminLogin, ...logins].sort());
  });

  it('has pages of 50 unless told otherwise, of 1 to 200', async () => {
    expect(expectStatus(await list({}), 200).body.page).toEqual({ next: null, limit: 50 });
    for (const limit of ['0', '201', '-1', 'ten', '1.5']) expectProblem(await list({ limit }), { status: 400 });
    expectStatus(await list({ limit: '200' }), 200);
  });

  it('refuses a cursor that is none', async () => {
    expectProblem(await list({ cursor: 'nonsense' }), { status: 400 });
  });

  it('filters in the SCIM grammar', async () => {
    expect(await loginsOf({ filter: 'login eq "person-3"' })).toEqual(['person-3']);
    expect(await loginsOf({ filter: 'login eq "PERSON-3"' })).toEqual(['person-3']);
    expect(await loginsOf({ filter: 'email eq "person2@example.com"' })).toEqual(['person-2']);
    expect(await loginsOf({ filter: 'status eq "disabled"' })).toEqual([]);
    expect(await loginsOf({ filter: 'login eq "nobody"' })).toEqual([]);
  });

  it('finds values with quotes and backslashes without breaking', async () => {
    expect(await loginsOf({ filter: String.raw`login eq "a\"b"` })).toEqual([]);
    expect(await loginsOf({ filter: String.raw`login eq "'; drop table users; --"` })).toEqual([]);
  });

  it('refuses what its indexes do not serve, and what is no filter', async () => {
    expectProblem(await list({ filter: 'favouriteColour eq "red"' }), { status: 400, code: 'filter_unsupported' });
    for (const filter of ['login eq', '((login eq "a")', 'login ~ "a"', '"']) {
      expectProblem(await list({ filter }), { status: 400 });
    }
  });

  it('sorts by login both ways', async () => {
    const up = await loginsOf({ sort: 'login' });
    expect(up).toEqual([...up].sort());
    expect(await loginsOf({ sort: '-login' })).toEqual([...up].reverse());
    expectProblem(await list({ sort: 'favouriteColour' }), { status: 400 });
  });

  it('keeps the order and the filter over pages', async () => {
    const first = expectStatus(await list({ sort: '-login', limit: '2' }), 200).body;
    const next = first.page.next ?? '';
    const second = expectStatus(await list({ sort: '-login', limit: '2', cursor: next }), 200).body;
    const both = [...first.data, ...second.data].map(({ login }) => login);
    expect(both).toEqual((await loginsOf({ sort: '-login' })).slice(0, 4));
  });

  it('refuses a query parameter that it does not know', async () => {
    expectProblem(await list({ page: '2' }), { status: 400 });
  });
});
