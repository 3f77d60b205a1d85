import { PARTITIONS } from '@countersign/contracts';
import type { BusRecord, DeadLetterQuery, NewRecord, StoredDeadLetter } from '../port/bus-driver.js';
import { deadLetterTopic } from '../consumer/dead-letter.js';
import type { KafkaLink } from './kafka-link.js';
import type { KafkaNames } from './kafka-names.js';
import type { LogReader } from './log-reader.js';

/** Header of a record that takes the dead letter at that offset of its partition off the list. */
const SETTLED = 'dlq-settled';

interface Place {
  topic: string;
  partition: number;
  offset: number;
}

/**
 * The dead letters of a group: records in topics `<topic>.<group>.dlq`, which nobody can delete one by one. A letter is off
 * the list when a later record of its partition names its offset; the two expire together.
 */
export class DeadLetters {
  constructor(
    private readonly link: KafkaLink,
    private readonly names: KafkaNames,
    private readonly reader: LogReader,
    private readonly publish: (records: readonly NewRecord[]) => Promise<void>,
  ) {}

  /** In order of topic, partition and offset, so that one key's dead letters keep their order. */
  async list({ group, topic, handler, limit, after }: DeadLetterQuery): Promise<StoredDeadLetter[]> {
    const begin = after === undefined ? undefined : parsePlace(after);
    const topics =
      topic === undefined ? await this.topicsOf(group) : await this.existing([deadLetterTopic(topic, group)]);
    const found: StoredDeadLetter[] = [];
    for (const place of await this.reader.filled(topics.sort(), PARTITIONS)) {
      if (found.length >= limit) break;
      if (begin && comparePlaces(place, begin) < 0) continue;
      const from = begin && comparePlaces(place, begin) === 0 ? begin.offset + 1 : 0;
      const letters = await this.open(place, from);
      found.push(
        ...letters.filter(({ headers }) => handler === undefined || headers['dlq-handler'] === handler).map(toStored),
      );
    }
    return found.slice(0, limit);
  }

  async find(group: string, ids: readonly string[]): Promise<StoredDeadLetter[]> {
    const places = ids.map(parsePlace).filter(place => place !== undefined);
    const own = places.filter(({ topic }) => topic.endsWith(deadLetterTopic('', group)));
    const topics = new Set(await this.existing([...new Set(own.map(({ topic }) => topic))]));
    const found: StoredDeadLetter[] = [];
    for (const list of Map.groupBy(own, ({ topic, partition }) => `${topic}/${partition}`).values()) {
      const { topic, partition } = list[0]!;
      if (!topics.has(topic) || partition >= PARTITIONS) continue;
      const wanted = new Set(list.map(({ offset }) => offset));
      const letters = await this.open({ topic, partition }, Math.min(...wanted));
      found.push(...letters.filter(({ offset }) => wanted.has(offset)).map(toStored));
    }
    return found;
  }

  async settle(group: string, id: string): Promise<void> {
    const place = parsePlace(id);
    if (!place?.topic.endsWith(deadLetterTopic('', group))) return;
    const { topic, partition, offset } = place;
    await this.publish([{ topic, partition, key: null, value: null, headers: { [SETTLED]: String(offset) } }]);
  }

  /** The letters of a partition from an offset on that are still on the list. */
  private async open(place: { topic: string; partition: number }, from: number): Promise<BusRecord[]> {
    const letters = new Map<number, BusRecord>();
    for await (const record of this.reader.read(place, from)) {
      const settled = record.headers[SETTLED];
      if (settled === undefined) letters.set(record.offset, record);
      else letters.delete(Number(settled));
    }
    return [...letters.values()];
  }

  private async topicsOf(group: string): Promise<string[]> {
    const { topicMetadata } = await this.link.any(broker => broker.metadata([]));
    return topicMetadata
      .filter(({ topic }) => this.names.isDeadLetterTopic(topic, group))
      .map(({ topic }) => this.names.own(topic)!);
  }

  private async existing(topics: readonly string[]): Promise<string[]> {
    if (topics.length === 0) return [];
    const { topicMetadata } = await this.link.any(broker => broker.metadata([]));
    const present = new Set(topicMetadata.map(({ topic }) => topic));
    return topics.filter(topic => present.has(this.names.topic(topic)));
  }
}

function toStored(record: BusRecord): StoredDeadLetter {
  return { id: `${record.topic}:${record.partition}:${record.offset}`, record };
}

function parsePlace(id: string): Place | undefined {
  const match = /^([\w.-]+):(\d{1,9}):(\d{1,15})$/.exec(id);
  return match ? { topic: match[1]!, partition: Number(match[2]), offset: Number(match[3]) } : undefined;
}

function comparePlaces(a: { topic: string; partition: number }, b: { topic: string; partition: number }): number {
  return a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition;
}
