import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ValidationPipe } from './validation.js';

const pipe = new ValidationPipe();
const schema = z.strictObject({
  login: z.string().min(2),
  tags: z.array(z.strictObject({ 'a/b': z.number() })).default([]),
});
const refused = (value: unknown, type: 'body' | 'query' | 'param' = 'body') =>
  pipe.transform(value, { type, schema, data: type === 'param' ? 'id' : undefined }).then(
    () => undefined,
    (error: unknown) => error as { code: string; kind: string; errors?: { pointer: string; code: string }[] },
  );

describe('ValidationPipe', () => {
  it('answers the parsed value, defaults included', async () => {
    expect(await pipe.transform({ login: 'ab' }, { type: 'body', schema })).toEqual({ login: 'ab', tags: [] });
  });

  it('names each refused field by its JSON pointer, escaped as RFC 6901 has it', async () => {
    const error = await refused({ login: 'a', tags: [{ 'a/b': 'x' }], more: 1 });
    expect(error).toMatchObject({ code: 'malformed_request', kind: 'malformed' });
    expect(error?.errors?.map(field => field.pointer)).toEqual(['/login', '/tags/0/a~1b', '/more']);
    expect(error?.errors?.at(-1)?.code).toBe('unknown_field');
  });

  it('refuses text that the database cannot keep, wherever it stands', async () => {
    const error = await refused({ login: 'a\0b', tags: [{ 'a/b': '\ud800' }] });
    expect(error).toMatchObject({ code: 'malformed_request', kind: 'malformed' });
    expect(error?.errors?.map(field => field.pointer)).toEqual(['/login', '/tags/0/a~1b']);
  });

  it('refuses a body that nests without end', async () => {
    const body = JSON.parse(`{"tags":${'['.repeat(100_000)}${']'.repeat(100_000)}}`) as unknown;
    expect((await refused(body))?.errors?.[0]?.code).toBe('too_deep');
  });

  it.each([
    ['unknown fields', Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`k${i}`, 0]))],
    ['texts that cannot be kept', { login: 'ab', tags: Array.from({ length: 50_000 }, () => '\0') }],
    ['wrong values', { login: 'ab', tags: Array.from({ length: 50_000 }, () => ({ 'a/b': 'x' })) }],
    ['a field with an endless name', { login: 'ab', ['k'.repeat(500_000)]: 0 }],
  ])('refuses %s in an answer that is not longer than what was sent', async (_, body) => {
    const error = await refused(body);
    expect(error?.code).toBe('malformed_request');
    expect(error?.errors?.length).toBeGreaterThan(0);
    expect(JSON.stringify([error?.errors, (error as unknown as Error).message]).length).toBeLessThan(20_000);
  });

  it('names query parameters as ?name', async () => {
    expect((await refused({ login: 'a' }, 'query'))?.errors?.[0]?.pointer).toBe('?login');
  });

  it('answers not found for an id of the wrong form', async () => {
    expect(await refused('x', 'param')).toMatchObject({ code: 'not_found', kind: 'not_found' });
  });

  it('refuses members named as those of every object, instead of dropping them', async () => {
    for (const name of ['constructor', 'prototype', 'toString']) {
      expect((await refused({ login: 'ab', [name]: 1 }))?.errors).toMatchObject([
        { pointer: `/${name}`, code: 'unknown_field' },
      ]);
    }
  });

  it('does not let a body reach the prototype', async () => {
    const value = JSON.parse('{"login":"ab","__proto__":{"admin":true}}') as object;
    const parsed = await pipe.transform(value, { type: 'body', schema }).catch(() => ({}));
    expect((parsed as { admin?: boolean }).admin).toBeUndefined();
  });
});
