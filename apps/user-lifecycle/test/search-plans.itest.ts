import { tenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import type { ServicePersistence, TenantTransaction } from '@countersign/persistence';
import { encodeCursor, type Page } from '@countersign/platform';
import { createTestDatabase, RecordingUnitOfWork, type TestDatabase } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AttributeCatalogRepository } from '../src/attributes/attribute-catalog.repository.js';
import { attributeDefinitionSchema } from '../src/attributes/attribute.schema.js';
import { ReplaceAttributes } from '../src/attributes/replace-attributes.js';
import { AUDIT_FILTERS, AUDIT_SORTS } from '../src/audit/audit-filters.js';
import { ListAudit } from '../src/audit/list-audit.js';
import { GROUP_FILTERS, GROUP_SORTS } from '../src/groups/group-filters.js';
import { GroupRepository } from '../src/groups/group.repository.js';
import { ListGroups } from '../src/groups/list-groups.js';
import { ListMembers } from '../src/groups/list-members.js';
import { service } from '../src/service.js';
import { ListUsers } from '../src/users/list-users.js';
import { ReservationsRepository } from '../src/users/reservations.repository.js';
import { ATTRIBUTE_OPERATORS, USER_FILTERS, USER_SORTS } from '../src/users/user-filters.js';
import { UserRepository } from '../src/users/user.repository.js';
import { CATALOG, fill, LARGE, settle, userId } from './scale/fill.js';
import {
  AUDIT_VALUES,
  comparisons,
  GROUP_VALUES,
  OWN_VALUES,
  pagesOf,
  USER_VALUES,
  type Query,
} from './scale/queries.js';

const tenant = tenantId(LARGE);

/**
 * Most pages of 8 KiB that one statement looks at: a walk of 10,000 rows that asks two other tables about each. Nearly all stay
 * below a hundredth of it; asking that of every row of the table would be a hundred times as much.
 */
const MOST_PAGES = 200_000;
/** The same while the planner has no statistics, or those of some tables only, as autovacuum comes by: it may ask by another index. */
const MOST_PAGES_UNSETTLED = 1_000_000;
/** Most rows that one statement sorts. */
const MOST_SORTED = 20_001;

describe('a tenant of a million users', () => {
  let database: TestDatabase;
  let persistence: ServicePersistence;
  let uow: RecordingUnitOfWork;
  let listUsers: ListUsers;
  /** Tables whose reading from end to end shows. */
  let large: Set<string>;

  beforeAll(async () => {
    database = await createTestDatabase({ services: [service] });
    await fill(database.url('user-lifecycle', 'owner'));
    persistence = await database.open(service);
    uow = new RecordingUnitOfWork(persistence);
    listUsers = new ListUsers(uow, new AttributeCatalogRepository());
    const rows = await persistence.app.query<{ name: string }[]>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'user_lifecycle'::regnamespace
          and pg_relation_size(oid) > 1000000`,
    );
    large = new Set(rows.map(({ name }) => name));
  }, 600_000);
  afterAll(() => database?.close());

  /** Runs it and holds all that it asked of the database against the bounds. @returns what it answered, and the pages it took */
  async function bounded<T>(what: string, work: () => Promise<T>, mostPages = MOST_PAGES): Promise<[T, number]> {
    uow.take();
    const answer = await work();
    const ran = uow.take();
    const pages = ran.reduce((sum, one) => sum + one.pages, 0);
    for (const one of ran) {
      expect(
        one.scanned.filter(table => large.has(table)),
        `${what} reads a table from end to end:\n${one.sql}`,
      ).toEqual([]);
      expect(one.sorted, `${what} sorts too much:\n${one.sql}`).toBeLessThanOrEqual(MOST_SORTED);
      expect(one.pages, `${what} looks at too much:\n${one.sql}`).toBeLessThan(mostPages);
    }
    return [answer, pages];
  }

  const users = (query: Query) => listUsers.execute({ tenantId: tenant, ...query });

  /** Runs each query. @returns the pages of the database that each took, fewest first, and which pages were not full */
  async function boundedLists(
    queries: readonly Query[],
    list: (query: Query) => Promise<Page<unknown>>,
    mostPages = MOST_PAGES,
  ) {
    const taken: number[] = [];
    const short: string[] = [];
    for (const query of queries) {
      const what = JSON.stringify(query);
      const [page, pages] = await bounded(what, () => list(query), mostPages);
      if (page.page.next && page.data.length < query.limit) short.push(what);
      taken.push(pages);
    }
    return { taken: taken.sort((a, b) => a - b), short };
  }

  const own = Object.fromEntries(
    CATALOG.map(({ name, type }) => [`attributes.${name}`, { operators: ATTRIBUTE_OPERATORS[type] }]),
  );
  const ownValues = Object.fromEntries(
    Object.entries(OWN_VALUES).map(([name, values]) => [`attributes.${name}`, values]),
  );
  const userFilters = [undefined, ...comparisons(USER_FILTERS, USER_VALUES), ...comparisons(own, ownValues)];

  it('lists users in bounded work right after an import, before statistics and visibility map are made', async () => {
    await boundedLists(
      userFilters.flatMap(filter => pagesOf(USER_SORTS, filter).slice(2, 3)),
      users,
      MOST_PAGES_UNSETTLED,
    );
  }, 120_000);

  it('answers each documented comparison of users in each order', async () => {
    await settle(database.url('user-lifecycle', 'owner'));
    const { taken, short } = await boundedLists(
      userFilters.flatMap(filter => pagesOf(USER_SORTS, filter)),
      users,
    );
    // Only where what matches is common and yet far away in the order.
    expect(short.length, short.join('\n')).toBeLessThan(taken.length / 50);
    // Where one page of fifty users alone takes some 400.
    expect(taken[Math.floor(taken.length / 2)]).toBeLessThan(1000);
    expect(taken[Math.floor(taken.length * 0.9)]).toBeLessThan(10_000);
  }, 200_000);

  it('answers combinations of them', async () => {
    const filters = [
      'country eq "India" and userType eq "Employee" and status eq "active"',
      'country eq "Nauru" and userType eq "Employee" or roles eq "ORG_ADMIN"',
      'status ne "active"', 'status ne "deleted" and attributes.grade eq "G7"', 'status eq "disabled" and country eq "Peru"',
      'firstName sw "an" or lastName sw "an" or login sw "an" or email sw "an"',
      'assignedGroups eq "grp_000001" and attributes.remote eq true and (country eq "India" or country eq "Brazil")',
      'assignedGroups eq "grp_000002" and roles eq "HELPDESK"',
      'createdAt ge "2026-01-02T00:00:00Z" and createdAt lt "2026-01-03T00:00:00Z" and country eq "Peru"',
      'updatedAt gt "2026-02-20T00:00:00Z" and lastName sw "s" and attributes.hired ge "2010-01-01"',
      'attributes.badge sw "b-" and attributes.hired gt "2001-01-01"',
    ]; // prettier-ignore
    for (const filter of filters) {
      for (const query of pagesOf(USER_SORTS, filter).slice(0, 3))
        await bounded(JSON.stringify(query), () => users(query));
    }
  }, 120_000);

  it('answers each documented comparison of groups and of the audit log', async () => {
    const groups = comparisons(GROUP_FILTERS, GROUP_VALUES);
    await boundedLists(
      [undefined, ...groups, 'name sw "group 1" and createdAt gt "2026-01-02T00:00:00Z"'].flatMap(filter =>
        pagesOf(GROUP_SORTS, filter),
      ),
      query => new ListGroups(uow).execute({ tenantId: tenant, ...query }),
    );
    const audit = comparisons(AUDIT_FILTERS, AUDIT_VALUES);
    await boundedLists(
      [
        undefined,
        ...audit,
        'action eq "user.created" and actor.id eq "usr_early"',
        'target.type eq "user" and action sw "user." and at gt "2026-01-02T00:00:00Z"',
      ].flatMap(filter => pagesOf(AUDIT_SORTS, filter)),
      query => new ListAudit(uow).execute({ tenantId: tenant, ...query }),
    );
  }, 60_000);

  it('lists the members of a group', async () => {
    const listMembers = new ListMembers(uow, new GroupRepository());
    for (const [group, expected] of [['grp_000001', 200], ['grp_000002', 200], ['grp_000900', 20]] as const) {
      for (const after of [undefined, userId(1000), userId(500_000)]) {
        const cursor = after && encodeCursor([after]);
        const [page, pages] = await bounded(`${group} after ${after}`, () =>
          listMembers.execute(tenant, group, 200, cursor),
        );
        if (!after) expect(page.data).toHaveLength(expected);
        expect(pages, group).toBeLessThan(4000);
      }
    }
  }); // prettier-ignore

  it('reserves, holds and frees unique values', async () => {
    const reservations = new ReservationsRepository();
    const token = '00000000-0000-4000-8000-000000000001';
    const values = [
      { name: 'login', value: `u${userId(400)}` },
      { name: 'attributes.badge', value: 'b-77777777' },
    ];
    const steps: Record<string, (tx: TenantTransaction) => Promise<unknown>> = {
      reserve: async tx => expect(await reservations.reserve(tx, token, 'usr_new', values)).toEqual(values.slice(0, 1)),
      taken: async tx => expect(await reservations.taken(tx, values)).toEqual(values),
      holder: async tx => expect(await reservations.holder(tx, values[0]!)).toBe(userId(400)),
      confirm: async tx => expect(await reservations.confirm(tx, token, values.slice(1))).toEqual([]),
      release: tx => reservations.release(tx, token),
      sweep: tx => reservations.sweep(tx),
      free: tx => reservations.free(tx, 'usr_new', values),
      freeAll: tx => reservations.freeAll(tx, userId(400)),
    };
    for (const [what, step] of Object.entries(steps)) {
      const [, pages] = await bounded(what, () => uow.run(tenant, step));
      expect(pages, what).toBeLessThan(500);
    }
  });

  it('makes unique what some users have, and says why not what most have', async () => {
    const replace = new ReplaceAttributes(
      uow,
      new AttributeCatalogRepository(),
      new Outbox({ service: service.name, onCommitted: () => undefined }),
    );
    const putUnique = (name: string) =>
      replace.execute({
        tenantId: tenant,
        attributes: CATALOG.map(attribute =>
          attributeDefinitionSchema.parse({ ...attribute, ...(attribute.name === name ? { unique: true } : {}) }),
        ),
      });
    for (const [name, code] of [
      ['grade', 'attribute_in_wide_use'],
      ['hired', 'attribute_in_wide_use'],
      ['floor', 'attribute_not_unique'],
    ] as const) {
      const refused = () => expect(putUnique(name)).rejects.toMatchObject({ code });
      await bounded(`unique ${name}`, refused, MOST_PAGES_UNSETTLED);
    }
  });

  it('walks over all users and groups in batches, to re-emit them', async () => {
    for (const after of ['', userId(500_000)]) {
      const [users, pages] = await bounded('users', () =>
        uow.run(tenant, tx => new UserRepository().lockBatch(tx, after, 200)),
      );
      expect([users.length, pages < 10_000]).toEqual([200, true]);
    }
    const [groups, pages] = await bounded('groups', () =>
      uow.run(tenant, tx => new GroupRepository().lockBatch(tx, 'grp_020000', 200)),
    );
    expect([groups.length, pages < 2000]).toEqual([200, true]);
  });

  async function all(query: Query): Promise<string[]> {
    const ids: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const [page] = await bounded(JSON.stringify(query), () => users({ ...query, ...(cursor ? { cursor } : {}) }));
      ids.push(...page.data.map(user => user.id));
      cursor = page.page.next;
    }
    return ids;
  }

  it.each([
    ['country eq "Nauru"', `country = 'Nauru' and not deleted`],
    ['country eq "Nepal" and attributes.grade eq "G7"', `country = 'Nepal' and not deleted and id in (select user_id
        from user_search_values where tenant_id = 'acme' and name = 'attributes.grade' and value = 'g7')`],
    ['lastName eq "sharma-7" or lastName sw "ket" and country eq "Peru"',
      `(last_name_key = 'sharma-7' or last_name_key ~ '^ket' and country = 'Peru') and not deleted`],
    ['status ne "active" and userType eq "Board"', `status <> 'active' and user_type = 'Board'`],
    // Two common conditions that no user meets: pages that end where the walk did, and come to the end.
    ['lastName sw "sh" and login sw "sh" and email sw "k"', 'false'],
  ])('finds all that match %s, each once', async (filter, where) => {
    const truth = await persistence.uow.run(tenant, tx =>
      tx.query<{ id: string }>(
        `select id from users where tenant_id = $1 and ${where} order by last_name_key desc, first_name_key desc, id desc`,
        [tenant],
      ),
    );
    expect(await all({ filter, sort: '-lastName,-firstName', limit: 200 })).toEqual(truth.map(({ id }) => id));
  }, 60_000); // prettier-ignore
});
