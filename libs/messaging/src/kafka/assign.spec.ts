import { describe, expect, it } from 'vitest';
import { assign } from './assign.js';
import type { Assignment, Partitions, Subscription } from './group-protocol.js';

type Members = Map<string, Subscription>;
const member = (topics: string[], owned: Partitions = {}, generation = 1): Subscription => ({
  topics,
  owned,
  generation,
  seeks: [],
});
const namesOf = ({ partitions }: Assignment) =>
  Object.entries(partitions).flatMap(([topic, numbers]) => numbers.map(number => `${topic}/${number}`));
const sizes = (shares: Map<string, Assignment>) => [...shares.values()].map(share => namesOf(share).length);

/** What the members do: take what they are given, let go of the rest, and join again until nothing changes. */
function settle(members: Members): { members: Members; rounds: number } {
  for (let rounds = 1; ; rounds++) {
    const shares = assign(members);
    const given = [...shares.values()].flatMap(namesOf);
    expect(new Set(given).size).toBe(given.length);
    const changed = [...members].some(([id, { owned }]) => {
      const had = Object.entries(owned).flatMap(([topic, numbers]) => numbers.map(number => `${topic}/${number}`));
      return had.sort().join() !== namesOf(shares.get(id)!).sort().join();
    });
    if (!changed) return { members, rounds };
    members = new Map(
      [...members].map(([id, before]) => [
        id,
        { ...before, owned: shares.get(id)!.partitions, generation: before.generation + 1 },
      ]),
    );
  }
}

describe('assign', () => {
  it.each([1, 2, 3, 5, 12, 20])('gives each partition to exactly one of %i members, evenly', count => {
    const shares = assign(new Map(Array.from({ length: count }, (_, n) => [`m${n}`, member(['a', 'b', 'c'])])));
    expect(new Set([...shares.values()].flatMap(namesOf)).size).toBe(36);
    expect(Math.max(...sizes(shares)) - Math.min(...sizes(shares))).toBeLessThanOrEqual(1);
  });

  it('gives a newcomer nothing that another still has; when that is let go, the newcomer gets it, and no more moves', () => {
    const { members } = settle(new Map([['old', member(['a'])]]));
    const joined: Members = new Map([...members, ['new', member(['a'])]]);
    const first = assign(joined);
    expect(namesOf(first.get('old')!)).toHaveLength(6);
    expect(namesOf(first.get('new')!)).toEqual([]);
    const { members: after } = settle(joined);
    expect(after.get('new')!.owned['a']).toHaveLength(6);
    expect(after.get('old')!.owned).toEqual(first.get('old')!.partitions);
  });

  it('leaves everybody what they have when one leaves, and deals what it had', () => {
    const { members } = settle(new Map(['x', 'y', 'z'].map(id => [id, member(['a', 'b'])])));
    const left: Members = new Map([...members].filter(([id]) => id !== 'x'));
    const shares = assign(left);
    for (const [id, { owned }] of left)
      expect(namesOf(shares.get(id)!)).toEqual(expect.arrayContaining(namesOf({ partitions: owned, seeks: [] })));
    expect(sizes(shares)).toEqual([12, 12]);
  });

  it('settles in a few rounds whoever comes and goes', () => {
    let members: Members = new Map();
    for (let n = 0; n < 6; n++) {
      const next = settle(new Map([...members, [`m${n}`, member(['a', 'b', 'c'])]]));
      members = next.members;
      expect(next.rounds).toBeLessThanOrEqual(3);
      expect(sizes(assign(members)).every(size => Math.abs(size - 36 / (n + 1)) < 1)).toBe(true);
    }
  });

  it('gives a topic only to members that subscribe to it', () => {
    const shares = assign(
      new Map([
        ['older', member(['a'])],
        ['newer', member(['a', 'b'])],
        ['asks', member([])],
      ]),
    );
    expect(namesOf(shares.get('older')!).every(name => name.startsWith('a/'))).toBe(true);
    expect(shares.get('newer')!.partitions['b']).toHaveLength(12);
    expect(namesOf(shares.get('asks')!)).toEqual([]);
  });

  it('believes the later of two that say they have a partition', () => {
    const shares = assign(
      new Map([
        ['woken', member(['a'], { a: [0, 1] }, 3)],
        ['owner', member(['a'], { a: [0, 1] }, 5)],
      ]),
    );
    expect(shares.get('owner')!.partitions['a']).toEqual(expect.arrayContaining([0, 1]));
    expect(shares.get('woken')!.partitions['a'] ?? []).not.toContain(0);
  });

  it('passes a seek on to whoever has the partition', () => {
    const seek = { id: 'one', topic: 'a', partition: 3, offset: 7 };
    const shares = assign(
      new Map([
        ['asks', { ...member([]), seeks: [seek, { ...seek, partition: 4 }] }],
        ['has', member(['a'], { a: [3] })],
      ]),
    );
    expect(shares.get('has')!.seeks.map(({ partition }) => partition)).toEqual([3, 4]);
    expect(shares.get('asks')!.seeks).toEqual([]);
  });
});
