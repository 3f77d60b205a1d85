import { describe, expect, it } from 'vitest';
import type { AttributeDefinition } from './attribute.schema.js';
import { attributeKey, checkAttributes } from './attribute-values.js';

const define = (
  fields: Partial<AttributeDefinition> & Pick<AttributeDefinition, 'name' | 'type'>,
): AttributeDefinition => ({
  required: false,
  unique: false,
  ...fields,
});
const catalog = [
  define({ name: 'badge', type: 'string', required: true }),
  define({ name: 'floor', type: 'number' }),
  define({ name: 'grade', type: 'enum', values: ['A', 'B'] }),
  define({ name: 'hired', type: 'date' }),
  define({ name: 'remote', type: 'boolean' }),
];
const pointers = (...args: Parameters<typeof checkAttributes>) =>
  checkAttributes(...args).map(error => `${error.pointer} ${error.code}`);

describe('checkAttributes', () => {
  it('takes values of the right type', () => {
    expect(pointers(catalog, { badge: 'b', floor: 0, grade: 'B', hired: '2024-02-29', remote: false })).toEqual([]);
  });

  it.each([
    ['badge', ''], ['badge', 1], ['floor', '1'], ['grade', 'C'], ['grade', true], ['hired', '2026-02-29'], ['hired', '2026-01-01T00:00:00Z'],
    ['remote', 'true'],
  ] as const)('refuses %s = %j', (name, value) => {
    expect(pointers(catalog, { badge: 'b', [name]: value })).toEqual([`/attributes/${name} invalid_attribute`]);
  }); // prettier-ignore

  it('refuses attributes that the tenant has not, whatever their name', () => {
    expect(pointers(catalog, { badge: 'b', 'a/b': 1, constructor: 2 })).toEqual([
      '/attributes/a~1b unknown_attribute', '/attributes/constructor unknown_attribute',
    ]); // prettier-ignore
  });

  it('wants required attributes of a new user, and of an update only that it does not clear them', () => {
    expect(pointers(catalog, {})).toEqual(['/attributes/badge required']);
    expect(pointers(catalog, { badge: null }, { badge: 'b' })).toEqual(['/attributes/badge required']);
    expect(pointers(catalog, { floor: 1 }, {})).toEqual([]);
  });

  it('leaves alone what an update does not touch', () => {
    expect(pointers(catalog, { badge: 'b', old: 'x' }, { badge: 'b', old: 'x' })).toEqual([]);
  });
});

describe('attributeKey', () => {
  it('compares texts without regard to case and numbers by value', () => {
    expect(attributeKey('Ab')).toBe(attributeKey('aB'));
    expect([attributeKey(-0), attributeKey(1.5), attributeKey(true)]).toEqual(['0', '1.5', 'true']);
  });
});
