import { describe, expect, it } from 'vitest';
import { codeColumn, exactColumn, keyColumn, timeColumn, wordColumn, type Condition } from './conditions.js';

const at = (name: string) => ({ table: 'people', name });

function ids(condition: Condition): [string, unknown[]] {
  const parameters: unknown[] = ['acme'];
  const sql = condition.ids(value => `$${parameters.push(value)}`, 'not t.gone');
  return [sql, parameters.slice(1)];
}

describe('conditions', () => {
  it('read the ids of what matches from the column’s index, in its order', () => {
    const mobile = exactColumn(at('mobile')).condition('eq', '+1', 'mobile');
    expect(ids(mobile)).toEqual([
      'select t.id from people t where t.tenant_id = $1 and true and t.mobile = $2',
      ['+1'],
    ]);
    expect([mobile.order, mobile.column?.name, mobile.inOrderOf]).toEqual(['t.mobile, t.id', 'mobile', undefined]);
  });

  it('look at the listed part only where its index begins with that', () => {
    const login = keyColumn({ ...at('login_key'), sliced: true }).condition('eq', 'ANNA', 'login');
    expect(ids(login)).toEqual([
      'select t.id from people t where t.tenant_id = $1 and not t.gone and t.login_key = $2',
      ['anna'],
    ]);
  });

  it('know in whose order an index gives the rows of one value, but not those of a range', () => {
    const action = codeColumn({ ...at('action'), then: ['at', 'id'] });
    expect(action.condition('eq', 'user.created', 'action')).toMatchObject({
      inOrderOf: 'at',
      order: 't.action, t.at, t.id',
    });
    expect(action.condition('sw', 'user.', 'action').inOrderOf).toBeUndefined();
  });

  it('turn "starts with" into a range', () => {
    const [sql, parameters] = ids(keyColumn(at('login_key')).condition('sw', 'An', 'login'));
    expect(sql).toContain('(t.login_key >= $2 and t.login_key < $3)');
    expect(parameters).toEqual(['an', 'an\u{10ffff}']);
  });

  it('read times with their offset', () => {
    const [sql, parameters] = ids(timeColumn(at('at')).condition('gt', '2026-01-01T02:00:00+02:00', 'at'));
    expect(sql).toContain('t.at > $2::timestamptz');
    expect(parameters).toEqual(['2026-01-01T00:00:00.000Z']);
  });

  it('turn "not equal" of a closed list into the others', () => {
    const condition = wordColumn(at('status'), ['active', 'disabled', 'deleted']).condition('ne', 'deleted', 'status');
    expect(condition.words).toEqual(['active', 'disabled']);
    expect(ids(condition)[1]).toEqual([['active', 'disabled']]);
  });

  it.each([
    () => exactColumn(at('a')).condition('eq', 1, 'a'),
    () => exactColumn(at('a')).condition('eq', 'a\0', 'a'),
    () => keyColumn(at('a')).condition('sw', 'a'.repeat(201), 'a'),
    () => timeColumn(at('a')).condition('gt', 'soon', 'a'),
    () => timeColumn(at('a')).condition('gt', '9999-12-31T23:59:59-23:00', 'a'),
    () => wordColumn(at('a'), ['active']).condition('eq', 'asleep', 'a'),
  ])('refuse a value that the attribute is not compared with (%#)', make => {
    expect(make).toThrow(expect.objectContaining({ code: 'filter_unsupported' }) as Error);
  });
});
