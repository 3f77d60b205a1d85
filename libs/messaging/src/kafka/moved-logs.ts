import { listOffsets, NEWEST, OLDEST, placeName, type PlaceLabel, type TopicPartition } from './group-offsets.js';
import type { KafkaLink } from './kafka-link.js';
import type { KafkaPartition } from './kafka-partition.js';
import { topicIds } from './topic-ids.js';

export interface MovedLogsOptions {
  link: KafkaLink;
  /** The topics in the cluster. */
  topics: readonly string[];
  partitions(): readonly KafkaPartition[];
  /** The partition as the cluster names it. */
  placeOf(partition: KafkaPartition): TopicPartition;
  /** Whether the member has it still. */
  isHeld(partition: KafkaPartition): boolean;
  /** Drops what is held of the partition and goes on there. */
  setBack(partition: KafkaPartition, offset: number, label: PlaceLabel): void;
  onError(error: unknown, doing: string): void;
}

const DOING = 'fetching; it goes on with the oldest record';

/** Finds the partitions whose place is not in their log any more: retention has overtaken them, or the topic was made anew. */
export class MovedLogs {
  constructor(private readonly options: MovedLogsOptions) {}

  /** What was fetched before retention took it is still to be handled; of a log that is shorter now, nothing is good. */
  async skipWhatIsGone(): Promise<void> {
    const { link, partitions, placeOf, isHeld, setBack, onError } = this.options;
    const held = partitions();
    const places = held.map(placeOf);
    const [oldest, newest] = await Promise.all([listOffsets(link, places, OLDEST), listOffsets(link, places, NEWEST)]);
    for (const partition of held) {
      const name = placeName(placeOf(partition));
      const [first, end] = [oldest.get(name), newest.get(name)];
      if (first === undefined || end === undefined || (partition.next >= first && partition.next <= end)) continue;
      // It may have been let go, or set back, while the broker was asked.
      if (!isHeld(partition) || partition.aborted) continue;
      onError(new Error(`offset ${partition.next} of ${partition.name} is not in the log (${first} to ${end})`), DOING);
      if (partition.next < first) partition.skipTo(first);
      else setBack(partition, first, partition.label);
    }
  }

  /** An offset in a topic's log means nothing in that of another topic of the same name. */
  async dropStrangers(): Promise<void> {
    const { link, topics, partitions, placeOf, isHeld, setBack, onError } = this.options;
    const ids = await topicIds(link, topics);
    const strangers = partitions().filter(one => isStranger(one.label, ids.get(placeOf(one).topic)));
    const oldest = await listOffsets(link, strangers.map(placeOf), OLDEST);
    for (const partition of strangers) {
      const place = placeOf(partition);
      const first = oldest.get(placeName(place));
      if (first === undefined) throw new Error(`${placeName(place)} has no leader`);
      if (!isHeld(partition) || partition.aborted) continue;
      onError(madeAnew(place), DOING);
      setBack(partition, first, { ...partition.label, log: ids.get(place.topic)! });
    }
  }
}

/** Whether an offset with that label is one of another topic than that which has the name now. */
export function isStranger({ log }: PlaceLabel, now: string | undefined): boolean {
  return log !== '' && now !== undefined && log !== now;
}

export function madeAnew(place: TopicPartition): Error {
  return new Error(`${placeName(place)} is another log than before: the topic was deleted and made anew`);
}
