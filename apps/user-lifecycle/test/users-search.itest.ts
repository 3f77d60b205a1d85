import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, pageOf, problemOf, type TestTenant } from './harness.js';

describe('searching users', () => {
  let harness: Harness;
  let tenant: TestTenant;
  let groupId: string;

  beforeAll(async () => {
    harness = await Harness.start();
    tenant = await harness.createTenant();
    const attributes = [
      { name: 'badge', type: 'string' },
      { name: 'floor', type: 'number' },
      { name: 'remote', type: 'boolean' },
      { name: 'hired', type: 'date' },
      { name: 'grade', type: 'enum', values: ['A', 'B'] },
    ];
    expect((await tenant.admin.put('/v1/user-attributes', { attributes })).status).toBe(200);
    groupId = ((await tenant.admin.post('/v1/groups', { name: 'Found' })).body as { id: string }).id;
    for (let n = 0; n < 6; n++) {
      await tenant.createUser({
        login: `Person-${n}`,
        firstName: n % 2 ? 'Ann' : 'Bob',
        lastName: `Lee${Math.floor(n / 2)}`,
        country: n % 2 ? 'Nepal' : 'India',
        email: `P${n}@example.com`,
        mobile: `+1415555010${n}`,
        roles: n === 5 ? ['HELPDESK', 'USER'] : ['USER'],
        assignedGroups: n < 2 ? [groupId] : [],
        manager: tenant.adminId,
        attributes: { badge: `B-${n}`, floor: n, remote: n > 3, hired: `2026-01-0${n + 1}`, grade: n % 2 ? 'A' : 'B' },
      });
    }
  });
  afterAll(() => harness?.stop());

  const list = (query: Record<string, string>) =>
    tenant.admin.get(`/v1/users?${new URLSearchParams(query).toString()}`);
  const found = async (filter: string, sort = 'login') => {
    const answer = await list({ filter, sort });
    expect(answer.status, `${filter}: ${JSON.stringify(answer.body)}`).toBe(200);
    return pageOf(answer).data.map(user => user.login.replace('Person-', ''));
  };

  it('filters by each attribute that it documents', async () => {
    const [third] = pageOf(await list({ filter: 'login eq "person-3"' })).data;
    const cases: [string, string[]][] = [
      ['login eq "PERSON-3"', ['3']],
      ['login sw "person"', ['0', '1', '2', '3', '4', '5']],
      ['email eq "p2@EXAMPLE.com"', ['2']],
      ['email sw "p"', ['0', '1', '2', '3', '4', '5']],
      ['mobile eq "+14155550104"', ['4']],
      ['firstName eq "ann" and country eq "Nepal"', ['1', '3', '5']],
      ['lastName sw "lee" and lastName eq "Lee1"', ['2', '3']],
      [`id eq "${third!.id}"`, ['3']],
      [`manager eq "${tenant.adminId}" and userType eq "Employee" and login sw "person-1"`, ['1']],
      [`assignedGroups eq "${groupId}"`, ['0', '1']],
      ['roles eq "HELPDESK"', ['5']],
      ['roles eq "ORG_ADMIN"', ['admin']],
      ['status eq "disabled"', []],
      ['status ne "active"', []],
      ['attributes.badge eq "b-4"', ['4']],
      ['attributes.badge sw "b-" and attributes.floor eq 2', ['2']],
      ['attributes.remote eq true', ['4', '5']],
      ['attributes.hired ge "2026-01-05"', ['4', '5']],
      ['attributes.hired gt "2026-01-02" and attributes.hired lt "2026-01-04"', ['2']],
      ['attributes.grade eq "A"', ['1', '3', '5']],
      ['attributes.grade eq "A" and (login eq "person-1" or login eq "person-2" or roles eq "HELPDESK")', ['1', '5']],
      ['login eq "person-1" OR login eq "person-2" And country eq "Nepal"', ['1']],
      [
        'createdAt gt "2020-01-01T00:00:00Z" and updatedAt le "2999-01-01T00:00:00+02:00" and login eq "person-0"',
        ['0'],
      ],
      [String.raw`login eq "'; drop table users; --"`, []],
      [String.raw`login eq "a\"b"`, []],
    ];
    for (const [filter, expected] of cases) expect(await found(filter), filter).toEqual(expected);
  });

  it('refuses with filter_unsupported what its indexes do not serve, and what is no filter', async () => {
    for (const filter of [
      'favouriteColour eq "red"', 'firstName co "n"', 'email pr', 'not (login eq "a")', 'login gt "a"', 'status eq "asleep"',
      'attributes.nothing eq "x"', 'attributes.floor gt 3', 'attributes.floor eq "3"', 'attributes.remote eq "true"', 'login eq 5',
      'createdAt gt "yesterday"', 'createdAt gt "0000-01-01T00:00:00Z"', 'emails[type eq "work"]', 'login eq', 'login', '', '"',
      '((login eq "a")', 'login eq "a" and', 'login ~ "a"', 'login eq "a" extra', 'manager eq null', 'constructor eq "x"',
      String.raw`login eq "\u0000"`, `${'('.repeat(20)}login eq "a"${')'.repeat(20)}`,
      Array.from({ length: 30 }, () => 'login eq "a"').join(' or '),
    ]) {
      const answer = await list({ filter });
      expect([answer.status, problemOf(answer).code, problemOf(answer).errors?.[0]?.pointer], filter).toEqual([
        400, 'filter_unsupported', '?filter',
      ]);
    } // prettier-ignore
  });

  it('sorts both ways and keeps the order over pages, each user once', async () => {
    for (const sort of [
      'login',
      '-login',
      'lastName',
      '-lastName,-firstName',
      'lastName,firstName',
      'createdAt',
      '-updatedAt',
    ]) {
      const whole = pageOf(await list({ sort })).data.map(user => user.id);
      expect(whole.length).toBe(7);
      const seen: string[] = [];
      let cursor: string | null | undefined;
      do {
        const page = pageOf(await list({ sort, limit: '2', ...(cursor ? { cursor } : {}) }));
        seen.push(...page.data.map(user => user.id));
        cursor = page.page.next;
      } while (cursor);
      expect(seen, sort).toEqual(whole);
    }
    expect(await found('login sw "person"', '-login')).toEqual(['5', '4', '3', '2', '1', '0']);
    for (const sort of ['favouriteColour', 'login,email', 'lastName,-firstName', '']) {
      expect([(await list({ sort })).status, problemOf(await list({ sort })).code]).toEqual([
        400,
        'filter_unsupported',
      ]);
    }
  });

  it('refuses a cursor that is none, or belongs to another question', async () => {
    const next = pageOf(await list({ sort: 'login', limit: '2' })).page.next!;
    const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const parsed = JSON.parse(Buffer.from(next, 'base64url').toString()) as Record<string, unknown>;
    for (const query of [
      { cursor: 'nonsense' },
      { cursor: next, sort: '-login' },
      { cursor: next, sort: 'login', filter: 'login sw "a"' },
      { cursor: forged({ ...parsed, k: ['a\0b'] }), sort: 'login' },
      { cursor: forged({ ...parsed, k: [] }), sort: 'login' },
      { limit: '0' }, { limit: '201' }, { limit: 'ten' }, { page: '2' },
    ]) {
      expect((await list(query as never)).status, JSON.stringify(query)).toBe(400);
    } // prettier-ignore
    expect((await list({ cursor: next, sort: 'login' })).status).toBe(200);
  });
});
