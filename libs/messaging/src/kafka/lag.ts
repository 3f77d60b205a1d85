import type { PartitionLag } from '../port/bus-driver.js';
import { fetchCommitted, listOffsets, NEWEST, OLDEST, placeName } from './group-offsets.js';
import type { KafkaLink } from './kafka-link.js';
import type { KafkaNames } from './kafka-names.js';
import type { LogReader } from './log-reader.js';

/** How far groups are behind, asked of the cluster alone, so that it can be told while no consumer runs. */
export class Lag {
  /** When the record at an offset was taken never changes: of each partition the last answer is kept. */
  private readonly times = new Map<string, { offset: number; at: number }>();

  constructor(
    private readonly link: KafkaLink,
    private readonly names: KafkaNames,
    private readonly reader: LogReader,
  ) {}

  async of(group: string): Promise<PartitionLag[]> {
    const committed = await fetchCommitted(this.link, this.names.group(group), 'all');
    const places = committed.filter(({ topic, offset }) => offset !== undefined && this.names.own(topic) !== undefined);
    const [oldest, newest] = await Promise.all([
      listOffsets(this.link, places, OLDEST),
      listOffsets(this.link, places, NEWEST),
    ]);
    const lags: PartitionLag[] = [];
    for (const place of places) {
      const name = placeName(place);
      // What retention has taken is nothing that the group has yet to handle.
      const from = Math.max(place.offset!, oldest.get(name) ?? 0);
      const end = Math.max(newest.get(name) ?? from, from);
      const topic = this.names.own(place.topic)!;
      const at = end > from ? await this.takenAt(topic, place.partition, from) : undefined;
      lags.push({
        topic,
        partition: place.partition,
        committed: place.offset!,
        end,
        events: end - from,
        seconds: at === undefined ? 0 : Math.max(0, (Date.now() - at) / 1_000),
      });
    }
    return lags.sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition));
  }

  private async takenAt(topic: string, partition: number, offset: number): Promise<number | undefined> {
    const name = placeName({ topic, partition });
    const known = this.times.get(name);
    if (known?.offset === offset) return known.at;
    const record = await this.reader.first({ topic, partition }, offset);
    if (record) this.times.set(name, { offset, at: record.timestamp.getTime() });
    return record?.timestamp.getTime();
  }
}
