import { partitionName } from '../partition/held-partition.js';
import type { Appended } from './append-to-log.js';

/** Channel on which consumers learn how far partitions go now. */
export const LOG_CHANNEL = 'bus_log';

/** PostgreSQL takes less than 8,000 bytes. */
const MAX_BYTES = 7_900;

/**
 * What is said of an append: `<topic>/<partition>@<next offset>`, comma-separated, so that nobody has to look it up; topics
 * alone where that would be too long.
 */
export function writeNotice(appended: readonly Pick<Appended, 'topic' | 'part' | 'next_off'>[]): string {
  const exact = appended.map(({ topic, part, next_off: next }) => `${partitionName(topic, part)}@${next}`).join(',');
  return exact.length <= MAX_BYTES ? exact : [...new Set(appended.map(({ topic }) => topic))].join(',');
}

export interface Notice {
  /** Next offsets of partitions, by their name. */
  readonly heads: ReadonlyMap<string, number>;
  /** Whether some topic's have to be looked up. */
  readonly unknown: boolean;
}

/** What a notice says of the topics. */
export function readNotice(payload: string, topics: readonly string[]): Notice {
  const heads = new Map<string, number>();
  let unknown = false;
  for (const entry of payload.split(',')) {
    const [name, next] = entry.split('@') as [string, string?];
    if (next === undefined) unknown ||= topics.includes(name);
    else if (topics.includes(name.slice(0, name.lastIndexOf('/')))) heads.set(name, Number(next));
  }
  return { heads, unknown };
}
