import { describe, expect, it } from 'vitest';
import { jsonColumn } from './columns.js';

describe('jsonColumn', () => {
  it('shows what the database cannot keep as the replacement character, in values and names', () => {
    const lone = { 'a\ud800': ['x\udc00y', 'nul\0'] };
    expect(JSON.parse(jsonColumn(lone)!)).toEqual({ 'a\ufffd': ['x\ufffdy', 'nul\ufffd'] });
  });

  it('leaves pairs, and text that only looks like an escape, as they are', () => {
    const value = { text: '😀 \\u0000 \\ud800 "quoted" \\' };
    expect(JSON.parse(jsonColumn(value)!)).toEqual(value);
  });

  it('keeps nothing of nothing', () => {
    expect([jsonColumn(undefined), jsonColumn(null)]).toEqual([null, null]);
  });
});
