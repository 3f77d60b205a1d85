import { describe, expect, it } from 'vitest';
import { parseSeekTarget } from './group.js';

describe('the place to set a group to', () => {
  it.each([
    ['beginning', 'beginning'],
    ['end', 'end'],
    ['3:120', { partition: 3, offset: '120' }],
    ['2026-01-31T12:00:00Z', { time: '2026-01-31T12:00:00.000Z' }],
    ['2026-01-31T12:00:00+02:00', { time: '2026-01-31T10:00:00.000Z' }],
  ])('%s', (text, target) => expect(parseSeekTarget(text)).toEqual(target));

  it.each(['', 'yesterday', '3', '-1:2', '2026-13-40T00:00:00Z', '1:1:1'])('refuses "%s"', text => {
    expect(() => parseSeekTarget(text)).toThrow('beginning, end');
  });
});
