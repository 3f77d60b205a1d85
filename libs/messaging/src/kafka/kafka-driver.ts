import type { LoggerService } from '@nestjs/common';
import {
  BusUnavailable,
  type BusConsumer,
  type BusDriver,
  type ConsumerOptions,
  type DeadLetterQuery,
  type NewRecord,
  type PartitionLag,
  type PartitionOffset,
  type RelaySession,
  type SeekTarget,
  type StoredDeadLetter,
} from '../port/bus-driver.js';
import { deadLetterTopic } from '../consumer/dead-letter.js';
import { DeadLetters } from './dead-letters.js';
import { explain } from './explain.js';
import { KafkaConsumer } from './kafka-consumer.js';
import { KafkaLink } from './kafka-link.js';
import { KafkaNames } from './kafka-names.js';
import type { KafkaSettings } from './kafka-settings.js';
import { Lag } from './lag.js';
import { LogReader } from './log-reader.js';
import { LEAST_SESSION_MS } from './membership.js';
import { Publisher } from './publisher.js';
import { relayOutbox } from './relay-outbox.js';
import { seekGroup } from './seek.js';
import { TopicWatch } from './topic-watch.js';
import { Topics } from './topics.js';

const CONTEXT = 'kafka';

/** The bus as Apache Kafka. Only this folder knows kafkajs. */
export class KafkaDriver implements BusDriver {
  readonly name = 'kafka';
  private readonly names: KafkaNames;
  private readonly topics: Topics;
  private readonly link: KafkaLink;
  private readonly publisher: Publisher;
  private readonly watch: TopicWatch;
  private readonly deadLetters: DeadLetters;
  private readonly lags: Lag;
  private readonly consumers: KafkaConsumer[] = [];

  constructor(
    private readonly settings: KafkaSettings,
    private readonly service: string,
    private readonly logger: LoggerService,
  ) {
    this.names = new KafkaNames(settings.prefix);
    this.topics = new Topics(settings, this.names);
    this.link = this.newLink('admin');
    this.publisher = new Publisher({ settings, clientId: `${service}-producer`, logger }, this.names);
    this.watch = new TopicWatch(this.link, settings, this.topics, logger);
    const reader = new LogReader(this.link, this.names);
    this.deadLetters = new DeadLetters(this.link, this.names, reader, records => this.publish(records));
    this.lags = new Lag(this.link, this.names, reader);
  }

  get problem(): string | undefined {
    const failed = this.consumers.find(({ problem }) => problem !== undefined);
    return this.watch.problem ?? (failed && explain(failed.problem, this.settings));
  }

  open(group: string, reads: readonly string[]): void {
    this.watch.start(this.topics.neededBy(group, reads));
  }

  async publish(records: readonly NewRecord[]): Promise<void> {
    try {
      await this.watch.ensure([...new Set(records.map(({ topic }) => topic))]);
      await this.publisher.publish(records);
    } catch (cause) {
      this.watch.doubt();
      throw new BusUnavailable(explain(cause, this.settings), { cause });
    }
  }

  relay(session: RelaySession, outbox: string, limit: number): Promise<number> {
    return relayOutbox(session, outbox, limit, records => this.publish(records));
  }

  consumer(options: ConsumerOptions): BusConsumer {
    if (options.sessionTimeoutMs < LEAST_SESSION_MS)
      this.logger.log(
        `A session lasts ${LEAST_SESSION_MS} ms where the brokers take none as short as configured`,
        CONTEXT,
      );
    const needed = options.topics.flatMap(topic => [topic, deadLetterTopic(topic, options.group)]);
    const consumer = new KafkaConsumer(options, {
      names: this.names,
      newLink: purpose => this.newLink(purpose),
      topicsReady: signal => this.watch.ready(needed, signal),
    });
    this.consumers.push(consumer);
    return consumer;
  }

  lag(group: string): Promise<PartitionLag[]> {
    return this.lags.of(group);
  }

  async seek(group: string, topic: string, to: SeekTarget): Promise<PartitionOffset[]> {
    await this.watch.ensure([topic]);
    const context = {
      link: this.link,
      newLink: (purpose: string) => this.newLink(purpose),
      onError: (error: unknown, doing: string) =>
        this.logger.warn(`The seek of ${group} had an error while ${doing}: ${String(error)}`, CONTEXT),
    };
    return seekGroup(context, this.names.group(group), this.names.topic(topic), to);
  }

  listDeadLetters(query: DeadLetterQuery): Promise<StoredDeadLetter[]> {
    return this.deadLetters.list(query);
  }

  findDeadLetters(group: string, ids: readonly string[]): Promise<StoredDeadLetter[]> {
    return this.deadLetters.find(group, ids);
  }

  settleDeadLetter(group: string, id: string): Promise<void> {
    return this.deadLetters.settle(group, id);
  }

  /** The brokers do so: `retention.ms` of the topics. */
  expire(): Promise<number> {
    return Promise.resolve(0);
  }

  async close(): Promise<void> {
    // All at once: what the watch waits for fails when its connections close.
    await Promise.all([this.watch.stop(), this.publisher.close(), this.link.close()]);
  }

  private newLink(purpose: string): KafkaLink {
    return new KafkaLink({
      settings: this.settings,
      clientId: `${this.service}-${purpose}`,
      logger: this.logger,
    });
  }
}
