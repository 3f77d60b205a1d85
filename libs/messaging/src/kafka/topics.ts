import { setTimeout as delay } from 'node:timers/promises';
import { PARTITIONS, TOPICS } from '@countersign/contracts';
import { deadLetterTopic } from '../consumer/dead-letter.js';
import { listOffsets, NEWEST } from './group-offsets.js';
import { errorType } from './kafka-errors.js';
import type { KafkaLink } from './kafka-link.js';
import type { KafkaNames } from './kafka-names.js';
import type { KafkaSettings } from './kafka-settings.js';
import type { NewTopic } from './kafkajs-internals.js';

/** Dead letters wait for a person: at least so long. */
const DEAD_LETTER_RETENTION_MS = 30 * 24 * 3_600_000;
/** The largest batch of records that a topic takes: more than any event of the platform. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;
const CREATE_TIMEOUT_MS = 10_000;
const LEADERS_MS = 15_000;
const LOOK_MS = 50;
/** Kafka's number of that kind of resource. */
const TOPIC_RESOURCE = 2;

/** Topics that are not as the catalogue says; the message names each with the remedy. */
export class WrongTopics extends Error {
  override readonly name = 'WrongTopics';
}

/** The topics of the platform, and how they are to be. */
export class Topics {
  constructor(
    private readonly settings: KafkaSettings,
    private readonly names: KafkaNames,
  ) {}

  /** All that a service needs: every event topic, and the dead letters of those that its group reads. */
  neededBy(group: string, reads: readonly string[]): string[] {
    return [...TOPICS, ...reads.map(topic => deadLetterTopic(topic, group))];
  }

  /**
   * Looks whether the topics are there with their partitions, and creates those that are not, where that is on.
   * @returns what an operator has to mend
   */
  async check(link: KafkaLink, topics: readonly string[]): Promise<string[]> {
    const counts = await this.partitionCounts(link, topics);
    const missing = topics.filter(topic => !counts.has(topic));
    const problems = topics
      .filter(topic => (counts.get(topic) ?? PARTITIONS) !== PARTITIONS)
      .map(topic => this.wrongCount(topic, counts.get(topic)!));
    if (missing.length === 0) return problems;
    if (!this.settings.createTopics) return [...problems, ...missing.map(topic => this.missing(topic))];
    await this.create(link, missing);
    await this.awaitLeaders(link, missing);
    return problems;
  }

  /** What the topics have otherwise than the configuration says; nobody but an operator may change a topic that is there. */
  async differences(link: KafkaLink, topics: readonly string[]): Promise<string[]> {
    const wanted = new Map(topics.map(topic => [this.names.topic(topic), this.definition(topic).configEntries]));
    const { resources } = await link.any(broker =>
      broker.describeConfigs({
        resources: [...wanted].map(([name, entries]) => ({
          type: TOPIC_RESOURCE,
          name,
          configNames: entries.map(entry => entry.name),
        })),
      }),
    );
    return resources.flatMap(({ resourceName, configEntries }) => {
      const found = new Map(configEntries.map(({ configName, configValue }) => [configName, configValue]));
      const other = (wanted.get(resourceName) ?? []).filter(({ name, value }) => found.get(name) !== value);
      return other.map(
        ({ name, value }) =>
          `topic ${resourceName} has ${name}=${found.get(name)}, where the configuration says ${value}`,
      );
    });
  }

  private wrongCount(topic: string, count: number): string {
    const name = this.names.topic(topic);
    const remedy = `a keyed topic cannot be given others: use another KAFKA_PREFIX, or copy and replace it`;
    return `topic ${name} has ${count} partitions, not ${PARTITIONS}: ${remedy}`;
  }

  private missing(topic: string): string {
    const { topic: name, numPartitions, configEntries } = this.definition(topic);
    const settings = configEntries.map(entry => `${entry.name}=${entry.value}`).join(', ');
    const how = `create it with ${numPartitions} partitions and ${settings}, or set KAFKA_CREATE_TOPICS=true`;
    return `topic ${name} is missing: ${how}`;
  }

  private definition(topic: string): NewTopic {
    const { retentionMs, replicationFactor, minInsyncReplicas } = this.settings;
    const isDeadLetters = topic.endsWith('.dlq');
    const retention = isDeadLetters ? Math.max(retentionMs, DEAD_LETTER_RETENTION_MS) : retentionMs;
    const entries: Record<string, string | number | undefined> = {
      'cleanup.policy': 'delete',
      'retention.ms': retention,
      // The time at which the bus took a record, whatever the clock of its sender says.
      'message.timestamp.type': 'LogAppendTime',
      // As they come: kafkajs cannot read what a broker-wide zstd, lz4 or snappy would make of them.
      'compression.type': 'producer',
      'max.message.bytes': MAX_BATCH_BYTES,
      'min.insync.replicas': minInsyncReplicas,
    };
    return {
      topic: this.names.topic(topic),
      numPartitions: PARTITIONS,
      // The protocol's way to say: the broker's default.
      replicationFactor: replicationFactor ?? -1,
      configEntries: Object.entries(entries)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => ({ name, value: String(value) })),
    };
  }

  private partitionCounts(link: KafkaLink, topics: readonly string[]): Promise<Map<string, number>> {
    return link.any(async broker => {
      const counts = new Map<string, number>();
      const ask = async (names: readonly string[]) => {
        const { topicMetadata } = await broker.metadata(names.map(name => this.names.topic(name)));
        for (const { topic, partitionMetadata } of topicMetadata)
          counts.set(this.names.own(topic)!, partitionMetadata.length);
      };
      try {
        await ask(topics);
      } catch (error) {
        ignoreUnknown(error);
        // kafkajs does not say which: they are asked for one by one.
        for (const topic of topics) await ask([topic]).catch(ignoreUnknown);
      }
      return counts;
    });
  }

  /** Several services do so at the same time: what is there already is as good. */
  private async create(link: KafkaLink, topics: readonly string[]): Promise<void> {
    const request = { topics: topics.map(topic => this.definition(topic)), timeout: CREATE_TIMEOUT_MS };
    try {
      await link.use(async cluster => (await cluster.findControllerBroker()).createTopics(request));
    } catch (error) {
      const { errors = [error] } = error as { errors?: unknown[] };
      const real = errors.filter(one => errorType(one) !== 'TOPIC_ALREADY_EXISTS');
      if (real.length > 0) throw real[0];
    }
  }

  /** A topic can be used when each of its leaders answers, which is a moment after it was created. */
  private async awaitLeaders(link: KafkaLink, topics: readonly string[]): Promise<void> {
    const partitions = topics.flatMap(topic =>
      Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: this.names.topic(topic), partition })),
    );
    for (const end = performance.now() + LEADERS_MS; ; await delay(LOOK_MS)) {
      try {
        const found = await listOffsets(link, partitions, NEWEST);
        if (found.size === partitions.length) return;
        throw new Error('The topics that were created have no leaders yet');
      } catch (error) {
        if (link.isClosed || performance.now() > end) throw error;
      }
    }
  }
}

function ignoreUnknown(error: unknown): void {
  if (errorType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
}
