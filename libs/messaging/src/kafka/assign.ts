import { PARTITIONS } from '@countersign/contracts';
import type { Assignment, SeekOrder, Subscription } from './group-protocol.js';

/**
 * What each member is to have, as the group's leader works it out: nobody is given what another one still has. Whoever has
 * more than its share is not given the rest, lets it go in an orderly way and joins again; then the rest is dealt. So a
 * partition has one owner at all times, and those that stay where they are never stop (model: KIP-429).
 */
export function assign(members: ReadonlyMap<string, Subscription>): Map<string, Assignment> {
  const claims = claimed(members);
  const shares = new Map([...members.keys()].sort().map(member => [member, new Set<string>()]));
  const topics = [...new Set([...members.values()].flatMap(({ topics }) => topics))].sort();
  const partitions = topics.flatMap(topic => Array.from({ length: PARTITIONS }, (_, n) => `${topic}/${n}`));
  const mayHave = (member: string, name: string) => members.get(member)!.topics.includes(topicOf(name));
  for (const name of partitions) {
    const claimant = claims.get(name);
    if (claimant !== undefined && mayHave(claimant, name)) shares.get(claimant)!.add(name);
  }
  for (const name of partitions) {
    if (claims.has(name)) continue;
    const [least] = byLoad(shares).filter(member => mayHave(member, name));
    if (least !== undefined) shares.get(least)!.add(name);
  }
  balance(shares, mayHave);
  const seeks = [...members.values()].flatMap(member => member.seeks);
  return new Map(
    [...shares].map(([member, names]) => {
      const given = [...names].filter(name => (claims.get(name) ?? member) === member);
      return [member, toAssignment(given, seeks)];
    }),
  );
}

/** Who has what. Two that say so: the one that was given it later is right, the other has missed that. */
function claimed(members: ReadonlyMap<string, Subscription>): Map<string, string> {
  const claims = new Map<string, string>();
  for (const [member, { owned, generation }] of members) {
    for (const [topic, partitions] of Object.entries(owned)) {
      for (const partition of partitions) {
        const name = `${topic}/${partition}`;
        const other = claims.get(name);
        if (other === undefined || members.get(other)!.generation < generation) claims.set(name, member);
      }
    }
  }
  return claims;
}

/** Moves as few partitions as it takes until no move makes the shares more even. */
function balance(shares: Map<string, Set<string>>, mayHave: (member: string, name: string) => boolean): void {
  for (let moved = true; moved;) {
    moved = false;
    const order = byLoad(shares);
    for (const most of order.toReversed()) {
      for (const least of order) {
        const [from, to] = [shares.get(most)!, shares.get(least)!];
        if (from.size - to.size < 2) break;
        const name = [...from].find(one => mayHave(least, one));
        if (name === undefined) continue;
        from.delete(name);
        to.add(name);
        moved = true;
        break;
      }
      if (moved) break;
    }
  }
}

function byLoad(shares: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return [...shares.keys()].sort((a, b) => shares.get(a)!.size - shares.get(b)!.size);
}

function toAssignment(names: readonly string[], seeks: readonly SeekOrder[]): Assignment {
  const partitions: Record<string, number[]> = {};
  for (const name of names) (partitions[topicOf(name)] ??= []).push(Number(name.slice(name.lastIndexOf('/') + 1)));
  const has = ({ topic, partition }: SeekOrder) => partitions[topic]?.includes(partition) ?? false;
  return { partitions, seeks: seeks.filter(has) };
}

function topicOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/'));
}
