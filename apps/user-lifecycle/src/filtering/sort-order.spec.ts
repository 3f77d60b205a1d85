import { describe, expect, it } from 'vitest';
import { Keyset, parseSort, type SortableField } from './sort-order.js';

const fields: Record<string, SortableField> = {
  login: { columns: [{ sql: 'u.login_key', cast: 'text' }] },
  'lastName,firstName': { columns: [{ sql: 'u.last', cast: 'text' }, { sql: 'u.first', cast: 'text' }] },
  createdAt: { columns: [{ sql: 'u.created_at', cast: 'timestamptz' }] },
}; // prettier-ignore
const keyset = (sort: string, ...question: string[]) =>
  new Keyset(parseSort(sort, fields, 'login'), 'u.id', ...question);
const after = (set: Keyset, cursor?: string): [string, unknown[]] => {
  const parameters: unknown[] = [];
  return [set.after(cursor, value => `$${parameters.push(value)}`), parameters];
};
const rows = [1, 2, 3].map(n => ({ id: `usr_${n}`, sort_key: [`k${n}`, `f${n}`] }));

describe('parseSort', () => {
  it('takes one direction for all fields of an index', () => {
    expect(parseSort('-lastName,-firstName', fields, 'login')).toMatchObject({ descending: true });
    expect(parseSort(undefined, fields, 'createdAt')).toMatchObject({
      columns: fields['createdAt']!.columns,
      descending: false,
    });
  });

  it.each(['', 'email', 'lastName,-firstName', 'firstName,lastName', 'constructor', 'login,login'])(
    'refuses %j',
    sort => {
      expect(() => parseSort(sort, fields, 'login')).toThrow(
        expect.objectContaining({
          code: 'filter_unsupported',
          errors: [expect.objectContaining({ pointer: '?sort' })],
        }) as Error,
      );
    },
  );
});

describe('Keyset', () => {
  it('orders by the fields and the id, in one direction', () => {
    expect(keyset('-lastName,-firstName').orderBy).toBe('u.last desc, u.first desc, u.id desc');
    expect(keyset('createdAt').orderBy).toBe('u.created_at, u.id');
  });

  it('goes on after the last row that was shown', () => {
    const set = keyset('lastName,firstName', 'filter');
    const page = set.page(rows, 2, row => row.id);
    expect(page.data).toEqual(['usr_1', 'usr_2']);
    expect(after(set, page.page.next!)).toEqual([
      '(u.last, u.first, u.id) > ($1::text, $2::text, $3)',
      ['k2', 'f2', 'usr_2'],
    ]);
    expect(after(set)).toEqual(['true', []]);
    expect(set.page(rows, 3, row => row.id).page.next).toBe(null);
  });

  it('refuses a cursor of another filter, sort or form', () => {
    const cursor = keyset('lastName,firstName', 'filter').page(rows, 1, row => row).page.next!;
    for (const set of [
      keyset('lastName,firstName'),
      keyset('-lastName,-firstName', 'filter'),
      keyset('login', 'filter'),
    ]) {
      expect(() => after(set, cursor)).toThrow(expect.objectContaining({ kind: 'malformed' }) as Error);
    }
    const times = keyset('createdAt');
    for (const time of ['soon', '0000-01-01T00:00:00.000Z']) {
      const forged = times.page([{ id: 'usr_1', sort_key: [time] }, { id: 'usr_2', sort_key: ['later'] }], 1, row => row).page.next!; // prettier-ignore
      expect(() => after(times, forged), time).toThrow(expect.objectContaining({ kind: 'malformed' }) as Error);
    }
  });
});
