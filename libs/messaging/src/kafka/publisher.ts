import { CompressionTypes, type RecordMetadata } from 'kafkajs';
import type { NewRecord } from '../port/bus-driver.js';
import { placeName } from './group-offsets.js';
import { ProducerLink, type LinkOptions } from './kafka-link.js';
import type { KafkaNames } from './kafka-names.js';
import { sizeOf, toMessage } from './records.js';

/** A request is closed when it has so much; records are larger than that at most one at a time. */
const REQUEST_BYTES = 512 * 1024;
const REQUEST_RECORDS = 1_000;
/**
 * Requests of so many records are compressed. Headers repeat: 3.4 times fewer bytes on the wire and on each replica's disk,
 * for 15 microseconds of CPU a record.
 */
const COMPRESS_FROM = 10;
/** How long (milliseconds) the replicas may take to have a request. */
const ACK_MS = 10_000;

/**
 * Sends records with acks from all in-sync replicas, one request after another, by an idempotent producer: what kafkajs sends
 * again after a lost answer is not appended twice. After a failure the producer is replaced: kafkajs would give the next
 * records the sequence numbers of those that failed, and a broker that had taken them after all would take the next for
 * their repetition and drop them.
 */
export class Publisher {
  private link?: ProducerLink;
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly options: LinkOptions,
    private readonly names: KafkaNames,
  ) {}

  /** Resolves when the bus has all of them. Calls that overlap follow each other. */
  publish(records: readonly NewRecord[]): Promise<void> {
    const sent = this.last.then(() => this.send(records));
    this.last = sent.catch(() => undefined);
    return sent;
  }

  /** Ends what is under way: whoever waits for it is told that it failed. */
  async close(): Promise<void> {
    this.closed = true;
    await this.renew();
  }

  private async send(records: readonly NewRecord[]): Promise<void> {
    for (const request of requests(records)) {
      if (this.closed) throw new Error('The connection to Kafka is closed');
      this.link ??= this.open();
      try {
        const producer = await this.link.connected();
        const taken = await producer.sendBatch({
          acks: -1,
          timeout: ACK_MS,
          compression: request.length < COMPRESS_FROM ? CompressionTypes.None : CompressionTypes.GZIP,
          topicMessages: [...Map.groupBy(request, ({ topic }) => topic)].map(([topic, list]) => ({
            topic: this.names.topic(topic),
            messages: list.map(toMessage),
          })),
        });
        this.checkAll(request, taken);
      } catch (error) {
        void this.renew();
        throw error;
      }
    }
  }

  /**
   * kafkajs calls it a success when it has sent nothing to a partition: to one that is not in its metadata, and to one
   * whose leader, while it tried again, became a broker that had answered for other partitions already.
   */
  private checkAll(request: readonly NewRecord[], taken: readonly RecordMetadata[]): void {
    const answered = new Set(taken.map(({ topicName, partition }) => placeName({ topic: topicName, partition })));
    for (const { topic, partition } of request) {
      const name = placeName({ topic: this.names.topic(topic), partition });
      if (!answered.has(name)) throw new Error(`the records for ${name} were not sent; its leader may have moved`);
    }
  }

  private open(): ProducerLink {
    return new ProducerLink(this.options, {
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // Each record names its partition.
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition!,
      // Some 5 s: as long as a leader may be away when a broker goes.
      retry: { retries: 7, initialRetryTime: 100, maxRetryTime: 1_000 },
    });
  }

  private async renew(): Promise<void> {
    const link = this.link;
    this.link = undefined;
    await link?.close();
  }
}

function* requests(records: readonly NewRecord[]): Generator<NewRecord[]> {
  let request: NewRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (request.length > 0 && (bytes + size > REQUEST_BYTES || request.length === REQUEST_RECORDS)) {
      yield request;
      request = [];
      bytes = 0;
    }
    request.push(record);
    bytes += size;
  }
  if (request.length > 0) yield request;
}
