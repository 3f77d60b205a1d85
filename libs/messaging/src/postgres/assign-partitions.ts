import { PARTITIONS } from '@countersign/contracts';

export interface Assignable {
  topic: string;
  part: number;
}

/**
 * The partitions of one member: each topic's are dealt in turn to the members that subscribe to it, in the order of their
 * names. All members compute the same from the same list, so nobody has to lead.
 */
export function assignPartitions(
  members: readonly { member: string; topics: readonly string[] }[],
  me: string,
): Assignable[] {
  const mine: Assignable[] = [];
  let dealt = 0;
  const topics = [...new Set(members.flatMap(({ topics }) => topics))].sort();
  for (const topic of topics) {
    const subscribers = members.filter(member => member.topics.includes(topic));
    for (let part = 0; part < PARTITIONS; part++) {
      if (subscribers[(dealt + part) % subscribers.length]!.member === me) mine.push({ topic, part });
    }
    dealt += PARTITIONS;
  }
  return mine;
}
