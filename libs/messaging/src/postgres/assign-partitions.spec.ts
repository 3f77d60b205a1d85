import { describe, expect, it } from 'vitest';
import { assignPartitions } from './assign-partitions.js';

const dealt = (members: { member: string; topics: string[] }[]) =>
  members.map(({ member }) => assignPartitions(members, member));
const names = (partitions: { topic: string; part: number }[]) =>
  partitions.map(({ topic, part }) => `${topic}/${part}`);

describe('assignPartitions', () => {
  it.each([1, 2, 3, 5, 12, 20])('gives each partition to exactly one of %i members, evenly', count => {
    const members = Array.from({ length: count }, (_, n) => ({ member: `m${n}`, topics: ['a', 'b', 'c'] }));
    const shares = dealt(members);
    expect(new Set(shares.flatMap(names)).size).toBe(36);
    expect(shares.flat()).toHaveLength(36);
    const sizes = shares.map(share => share.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it('gives a topic only to members that subscribe to it', () => {
    const [older, newer] = dealt([
      { member: 'older', topics: ['a'] },
      { member: 'newer', topics: ['a', 'b'] },
    ]);
    expect(names(older!).every(name => name.startsWith('a/'))).toBe(true);
    expect(names(newer!).filter(name => name.startsWith('b/'))).toHaveLength(12);
  });

  it('gives nothing to a member that the group does not list', () => {
    expect(assignPartitions([{ member: 'other', topics: ['a'] }], 'me')).toEqual([]);
  });
});
