import { DomainError } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { parseRequestTarget } from './request-target.js';

const REFUSED = [
  ['dot segment', '/v1/./users'],
  ['dot segments', '/v1/../internal/revocations'],
  ['last dot segments', '/v1/users/..'],
  ['encoded dots', '/v1/%2e%2e/internal'],
  ['half encoded dots', '/v1/.%2E/internal'],
  ['dots encoded twice', '/v1/%252e%252e/internal'],
  ['encoded slash', '/v1%2fusers'],
  ['encoded slash in capitals', '/v1/users/a%2Fb'],
  ['slash encoded twice', '/v1/users/a%252fb'],
  ['encoded backslash', '/v1/users/a%5cb'],
  ['backslash', '/v1\\users'],
  ['double slash', '//v1/users'],
  ['double slash inside', '/v1//users'],
  ['NUL', '/v1/users/%00'],
  ['encoded line feed', '/v1/users/a%0ab'],
  ['encoded delete', '/v1/users/%7f'],
  ['C1 control', '/v1/users/%C2%80'],
  ['broken escape', '/v1/users/%zz'],
  ['cut escape', '/v1/users/%4'],
  ['overlong UTF-8', '/v1/users/%c0%af'],
  ['no UTF-8', '/v1/users/%ff'],
  ['fragment', '/v1/users#x'],
  ['raw high character', '/v1/users/é'],
  ['absolute form', 'http://elsewhere/v1/users'],
  ['asterisk form', '*'],
  ['authority form', 'elsewhere:443'],
  ['empty', ''],
  ['endless', `/v1/${'a'.repeat(9_000)}`],
] as const;

describe('parseRequestTarget', () => {
  it.each(REFUSED)('refuses %s', (_name, url) => {
    const refusal = refusalOf(url);
    expect(refusal).toBeInstanceOf(DomainError);
    expect(refusal?.kind).toBe('malformed');
    expect(refusal?.errors?.[0]?.pointer).toBe('path');
  });

  it.each([
    ['/v1/users?filter=%zz', '?filter'],
    ['/v1/users?a=1&b=%ff', '?b'],
    ['/v1/users?limit=%00', '?limit'],
    ['/v1/users?x%', '?x%'],
  ])('names the parameter of %s', (url, pointer) => {
    expect(refusalOf(url)?.errors?.[0]?.pointer).toBe(pointer);
  });

  it('keeps the query as it was sent', () => {
    expect(parseRequestTarget('/v1/users?filter=login%20eq%20"a"&x=..//%2f')).toEqual({
      segments: ['v1', 'users'],
      path: '/v1/users',
      query: '?filter=login%20eq%20"a"&x=..//%2f',
    });
  });

  it('spells equal paths alike, so that services match what was matched here', () => {
    expect(parseRequestTarget('/v1/%75sers/ren%C3%A9').path).toBe('/v1/users/ren%C3%A9');
    expect(parseRequestTarget('/v1/users/a%3ab').path).toBe('/v1/users/a%3Ab');
  });

  it('lets dots inside names be', () => {
    expect(parseRequestTarget('/.well-known/jwks.json').segments).toEqual(['.well-known', 'jwks.json']);
    expect(parseRequestTarget('/v1/users/...').segments).toEqual(['v1', 'users', '...']);
  });

  it('sees a trailing slash as an empty segment', () => {
    expect(parseRequestTarget('/v1/users/').segments).toEqual(['v1', 'users', '']);
    expect(parseRequestTarget('/').segments).toEqual(['']);
  });
});

function refusalOf(url: string): DomainError | undefined {
  try {
    parseRequestTarget(url);
    return undefined;
  } catch (error) {
    return error as DomainError;
  }
}
