import type { BusRecord } from '../port/bus-driver.js';
import { leaderIn, listOffsets, NEWEST, OLDEST, placeName, type TopicPartition } from './group-offsets.js';
import type { KafkaLink } from './kafka-link.js';
import type { KafkaNames } from './kafka-names.js';
import type { GroupCluster } from './kafkajs-internals.js';
import { toRecord } from './records.js';

const MAX_BYTES = 1024 * 1024;
const READ_COMMITTED = 1;

/** Reads partitions without a group. */
export class LogReader {
  constructor(
    private readonly link: KafkaLink,
    private readonly names: KafkaNames,
  ) {}

  /** All records of a partition (topic by the platform's name) from an offset on, up to what is its end now. */
  async *read(place: TopicPartition, from = 0): AsyncGenerator<BusRecord> {
    const remote = { topic: this.names.topic(place.topic), partition: place.partition };
    const [oldest, newest] = await Promise.all([
      listOffsets(this.link, [remote], OLDEST),
      listOffsets(this.link, [remote], NEWEST),
    ]);
    const end = newest.get(placeName(remote)) ?? 0;
    let next = Math.max(from, oldest.get(placeName(remote)) ?? 0);
    while (next < end) {
      const records = await this.fetch(place, next);
      if (records.length === 0) return;
      for (const record of records) if (record.offset < end) yield record;
      next = records.at(-1)!.offset + 1;
    }
  }

  /** The first record at or after the offset. */
  async first(place: TopicPartition, offset: number): Promise<BusRecord | undefined> {
    const [record] = await this.fetch(place, offset, 1);
    return record;
  }

  /** Partitions by topic of those of the topics that are there, which hold anything. */
  async filled(topics: readonly string[], partitions: number): Promise<TopicPartition[]> {
    const places = topics.flatMap(topic =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
    );
    const remote = places.map(({ topic, partition }) => ({ topic: this.names.topic(topic), partition }));
    const [oldest, newest] = await Promise.all([
      listOffsets(this.link, remote, OLDEST),
      listOffsets(this.link, remote, NEWEST),
    ]);
    const holds = (_: unknown, index: number) => {
      const name = placeName(remote[index]!);
      return (newest.get(name) ?? 0) > (oldest.get(name) ?? 0);
    };
    return places.filter(holds);
  }

  private fetch({ topic, partition }: TopicPartition, from: number, maxBytes = MAX_BYTES): Promise<BusRecord[]> {
    const remote = this.names.topic(topic);
    return this.link.use(async cluster => {
      const broker = await cluster.findBroker({ nodeId: await leaderOf(cluster, remote, partition) });
      const { responses } = await broker.fetch({
        maxWaitTime: 1_000,
        minBytes: 1,
        maxBytes: MAX_BYTES,
        isolationLevel: READ_COMMITTED,
        // Whatever the limit, a broker sends one batch at least.
        topics: [{ topic: remote, partitions: [{ partition, fetchOffset: String(from), maxBytes }] }],
      });
      return responses
        .flatMap(response => response.partitions)
        .flatMap(({ messages }) => messages)
        .filter(message => Number(message.offset) >= from && !message.isControlRecord)
        .map(message => toRecord(topic, partition, message));
    });
  }
}

async function leaderOf(cluster: GroupCluster, topic: string, partition: number): Promise<number> {
  await cluster.addMultipleTargetTopics([topic]);
  if (leaderIn(cluster, { topic, partition }) === undefined) await cluster.refreshMetadata();
  const leader = leaderIn(cluster, { topic, partition });
  if (leader === undefined) throw new Error(`${topic}[${partition}] has no leader`);
  return leader;
}
