import { loginKey } from '@countersign/contracts';
import { describe, expect, it } from 'vitest';
import { searchKey } from './search-key.js';

describe('searchKey', () => {
  it('is the form in which every service compares logins', () => {
    for (const login of ['Anna', 'ÅSA', 'ﬁle', 'ｆile', 'İstanbul', 'straße', 'e\u0301'])
      expect(searchKey(login)).toBe(loginKey(login));
  });

  it('is the same for what differs in case or compatible characters only', () => {
    expect(new Set(['file', 'FILE', 'ﬁle', 'ｆile'].map(searchKey)).size).toBe(1);
    expect(searchKey('é')).toBe(searchKey('e\u0301'));
  });

  it('keeps long texts apart in a short key, without half a surrogate pair', () => {
    const [one, two] = [searchKey('ﷺ'.repeat(1000)), searchKey(`${'ﷺ'.repeat(1000)}x`)];
    expect(one).not.toBe(two);
    expect(one.length).toBeLessThan(260);
    expect(searchKey(`${'a'.repeat(199)}😀😀`).isWellFormed()).toBe(true);
  });
});
