import { describe, expect, it } from 'vitest';
import { breakingChanges, type JsonSchema } from './additive.js';

const base: JsonSchema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    kind: { type: 'string', enum: ['a', 'b'] },
    list: { type: 'array', items: { type: 'string' } },
  },
  required: ['id'],
};
const changed = (change: (schema: JsonSchema) => void) => {
  const copy = structuredClone(base);
  change(copy);
  return breakingChanges(base, copy);
};

describe('breakingChanges', () => {
  it('lets an optional member be added', () => {
    expect(changed(schema => (schema.properties!['more'] = { type: 'number' }))).toEqual([]);
  });

  it.each<[string, (schema: JsonSchema) => void]>([
    ['/id: removed', schema => delete schema.properties!['id']],
    ['/id: type changed', schema => (schema.properties!['id'] = { type: 'number' })],
    ['/kind: enum changed', schema => (schema.properties!['kind'] = { type: 'string', enum: ['a', 'b', 'c'] })],
    ['/list/*: type changed', schema => (schema.properties!['list'] = { type: 'array', items: { type: 'number' } })],
    ['/kind: became required', schema => schema.required!.push('kind')],
    ['/id: is no longer required', schema => (schema.required = [])],
  ])('refuses: %s', (problem, change) => {
    expect(changed(change)).toContain(problem);
  });
});
