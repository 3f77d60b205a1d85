import { describe, expect, it } from 'vitest';
import { isId, newId, uuid7 } from './ids.js';

const parseCrockford = (digit: string) => '0123456789abcdefghjkmnpqrstvwxyz'.indexOf(digit);

describe('newId', () => {
  it('makes ids that sort by creation, also within one millisecond', () => {
    const ids = Array.from({ length: 5000 }, () => newId('usr'));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is a UUID version 7 in base 32', () => {
    const before = Date.now();
    const text = newId('usr').slice('usr_'.length);
    expect(text).toHaveLength(26);
    const value = [...text].reduce((sum, digit) => sum * 32n + BigInt(parseCrockford(digit)), 0n);
    const hex = value.toString(16).padStart(32, '0');
    expect(hex).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
    expect(parseInt(hex.slice(0, 12), 16)).toBeGreaterThanOrEqual(before);
  });

  it('is recognised by its own prefix only', () => {
    const id = newId('grp');
    expect(isId('grp', id)).toBe(true);
    expect(isId('usr', id)).toBe(false);
    expect(isId('grp', 'grp_UPPER')).toBe(false);
    expect(isId('grp', 7)).toBe(false);
  });
});

describe('uuid7', () => {
  it('has version 7 and the RFC 9562 variant, and carries the time', () => {
    const before = Date.now();
    const id = uuid7();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const at = parseInt(id.replaceAll('-', '').slice(0, 12), 16);
    expect(at).toBeGreaterThanOrEqual(before);
  });
});
