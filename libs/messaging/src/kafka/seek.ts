import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { PARTITIONS } from '@countersign/contracts';
import type { PartitionOffset, SeekTarget } from '../port/bus-driver.js';
import {
  commitOffsets,
  fetchCommitted,
  listOffsets,
  NEWEST,
  OLDEST,
  placeName,
  type LabelledOffset,
} from './group-offsets.js';
import type { KafkaLink } from './kafka-link.js';
import { LEAST_SESSION_MS, Membership } from './membership.js';

/** How long (milliseconds) the members get to take the new places; a rebalance waits for the slowest of them. */
const TAKE_MS = 20_000;
const LOOK_MS = 25;

export interface SeekContext {
  link: KafkaLink;
  newLink(purpose: string): KafkaLink;
  onError(error: unknown, doing: string): void;
}

/**
 * Sets a group to another place. Kafka takes that from outside only while a group has no members; otherwise the one who asks
 * joins as a member that wants no partitions, its leader passes the order on to the owners, and each of them drops what it
 * holds and commits the new place under the order's id. An owner that dies before is no loss: the order stands until all
 * have been taken.
 * @param group and `topic` as the cluster names them
 */
export async function seekGroup(
  context: SeekContext,
  group: string,
  topic: string,
  to: SeekTarget,
): Promise<PartitionOffset[]> {
  const mark = randomUUID();
  const places = (await targets(context.link, topic, to)).map(place => ({ ...place, topic, mark, log: '' }));
  const outside = { memberId: '', generation: -1 };
  const refusal = await commitOffsets(context.link, group, outside, places);
  if (refusal !== undefined) await order(context, group, places);
  return places.map(({ partition, offset }) => ({ partition, offset }));
}

async function targets(link: KafkaLink, topic: string, to: SeekTarget): Promise<PartitionOffset[]> {
  const only = typeof to === 'object' && 'offset' in to ? to.partition : undefined;
  const all = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }));
  const places = all.filter(({ partition }) => only === undefined || partition === only);
  const [oldest, newest, timed] = await Promise.all([
    listOffsets(link, places, OLDEST),
    listOffsets(link, places, NEWEST),
    typeof to === 'object' && 'time' in to ? listOffsets(link, places, to.time.getTime()) : undefined,
  ]);
  return places.map(place => {
    const name = placeName(place);
    const [first, end] = [oldest.get(name), newest.get(name)];
    if (first === undefined || end === undefined) throw new Error(`${topic}[${place.partition}] has no leader`);
    const wanted = timed ? (nonNegative(timed.get(name)) ?? end) : offsetOf(to, end);
    return { partition: place.partition, offset: Math.min(Math.max(wanted, first), end) };
  });
}

function offsetOf(to: SeekTarget, end: number): number {
  if (to === 'end') return end;
  return typeof to === 'object' && 'offset' in to ? to.offset : 0;
}

function nonNegative(offset: number | undefined): number | undefined {
  return offset !== undefined && offset >= 0 ? offset : undefined;
}

async function order(context: SeekContext, group: string, places: readonly LabelledOffset[]): Promise<void> {
  const seeks = places.map(({ topic, partition, offset, mark }) => ({ id: mark, topic, partition, offset }));
  const membership: Membership = new Membership({
    group,
    sessionTimeoutMs: LEAST_SESSION_MS,
    link: context.newLink('seek'),
    describe: () => ({ topics: [], owned: {}, seeks }),
    // The members that ran are gone: there is nobody to hand the order to.
    onAssignment: async () => {
      if (membership.led === 1) await commitOffsets(context.link, group, membership.current, places);
    },
    onLost: () => undefined,
    onHeartbeat: () => undefined,
    onError: (error, doing) => context.onError(error, doing),
  });
  membership.start();
  try {
    for (const end = performance.now() + TAKE_MS; ; await delay(LOOK_MS)) {
      const committed = await fetchCommitted(context.link, group, places);
      const taken = new Set(committed.map(place => `${placeName(place)} ${place.mark}`));
      if (places.every(place => taken.has(`${placeName(place)} ${place.mark}`))) return;
      if (performance.now() > end)
        throw new Error(`The members of ${group} have not taken the new place within ${TAKE_MS} ms`);
    }
  } finally {
    await membership.leave(context.link);
  }
}
