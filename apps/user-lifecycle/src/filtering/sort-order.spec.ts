import { describe, expect, it } from 'vitest';
import { Keyset, parseSort, type SortableField } from './sort-order.js';

const fields: Record<string, SortableField> = {
  login: { columns: [{ name: 'login_key', cast: 'text' }] },
  'lastName,firstName': { columns: [{ name: 'last', cast: 'text' }, { name: 'first', cast: 'text' }] },
  createdAt: { columns: [{ name: 'created_at', cast: 'timestamptz' }] },
}; // prettier-ignore
const keyset = (sort: string, ...question: string[]) => new Keyset(parseSort(sort, fields, 'login'), ...question);

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
    expect(keyset('-lastName,-firstName').orderBy('u')).toBe('u.last desc, u.first desc, u.id desc');
    expect(keyset('createdAt').orderBy('u')).toBe('u.created_at, u.id');
  });

  it('goes on after the position that its cursor stands for', () => {
    const set = keyset('lastName,firstName', 'filter');
    const position = set.read(set.write({ key: ['k2', 'f2'], id: 'usr_2' }));
    const parameters: unknown[] = [];
    expect(set.after(position, 'u', value => `$${parameters.push(value)}`)).toBe(
      '(u.last, u.first, u.id) > ($1::text, $2::text, $3)',
    );
    expect(parameters).toEqual(['k2', 'f2', 'usr_2']);
    expect(set.after(undefined, 'u', String)).toBe('true');
  });

  it('compares positions as the database does', () => {
    const [plain, astral] = [{ key: ['\uffee'], id: 'a' }, { key: ['\u{1f600}'], id: 'a' }]; // prettier-ignore
    expect(keyset('login').compare(plain, astral)).toBeLessThan(0);
    expect(keyset('-login').compare(plain, astral)).toBeGreaterThan(0);
    expect(keyset('login').compare(plain, { ...plain, id: 'b' })).toBeLessThan(0);
    expect(keyset('login').compare(plain, { ...plain })).toBe(0);
  });

  it('refuses a cursor of another filter, sort or form', () => {
    const cursor = keyset('lastName,firstName', 'filter').write({ key: ['a', 'b'], id: 'usr_1' });
    for (const set of [
      keyset('lastName,firstName'),
      keyset('-lastName,-firstName', 'filter'),
      keyset('login', 'filter'),
    ]) {
      expect(() => set.read(cursor)).toThrow(expect.objectContaining({ kind: 'malformed' }) as Error);
    }
    const times = keyset('createdAt');
    for (const time of ['soon', '0000-01-01T00:00:00.000Z']) {
      const forged = times.write({ key: [time], id: 'usr_1' });
      expect(() => times.read(forged), time).toThrow(expect.objectContaining({ kind: 'malformed' }) as Error);
    }
  });
});
