import { setTimeout as delay } from 'node:timers/promises';
import { Signal } from '@countersign/kernel';
import { leaderIn } from './group-offsets.js';
import { errorType } from './kafka-errors.js';
import type { KafkaLink } from './kafka-link.js';
import type { KafkaPartition } from './kafka-partition.js';
import type { FetchedPartition, GroupCluster } from './kafkajs-internals.js';
import { toRecord } from './records.js';

export interface FetcherOptions {
  link: KafkaLink;
  /** The topics in the cluster. */
  topics: readonly string[];
  /** The partitions that this member has, by their topic in the cluster. */
  partitions(): readonly KafkaPartition[];
  topicOf(partition: KafkaPartition): string;
  /** Called when a partition has got records. */
  onRecords(): void;
  /** Has partitions dropped whose topic was made anew. */
  onTopics(): Promise<void>;
  /** The partition's position is not in the log: retention has overtaken the group, or the log was made anew. */
  onOutOfRange(): Promise<void>;
  onError(error: unknown, doing: string): void;
}

/** How long (milliseconds) a broker may hold a fetch back for new records: also the most that a stop waits. */
const WAIT_MS = 500;
/** The same where a partition that is not asked for now may soon be. */
const SHORT_WAIT_MS = 50;
const RETRY_MS = 250;
/** Leaders move, and a broker may be away for a moment: that is no problem yet. */
const PROBLEM_MS = 5_000;
/** While a partition has no leader. */
const LOOK_AGAIN_MS = 1_000;
/** After so long (milliseconds) a fetch does not go without another look at the topics: they may be others of the same names. */
const TRUST_MS = 1_000;
const MAX_BYTES_PER_PARTITION = 1024 * 1024;
const MAX_BYTES = 10 * 1024 * 1024;
const READ_COMMITTED = 1;

/**
 * Fetches ahead for all partitions, one request at a time from each broker. It waits for no handler: a partition that has
 * enough is left out, so neither a slow one nor one that is paused holds up its siblings.
 */
export class Fetcher {
  private readonly wake = new Signal();
  private ended = false;
  private loop?: Promise<void>;
  /** When the topics were last known to be the same. */
  private lookedAt = -Infinity;
  private failing?: { since: number; error: unknown };

  constructor(private readonly options: FetcherOptions) {}

  /** Why nothing could be fetched for some time; undefined while it can, or has failed for a moment only. */
  get problem(): unknown {
    return this.failing && performance.now() - this.failing.since > PROBLEM_MS ? this.failing.error : undefined;
  }

  start(): void {
    this.loop ??= this.run();
  }

  /** Called when there may be more to ask for. */
  kick(): void {
    this.wake.fire();
  }

  async stop(): Promise<void> {
    this.ended = true;
    this.wake.fire();
    await this.loop;
  }

  private async run(): Promise<void> {
    while (!this.ended) {
      try {
        await this.options.link.use(cluster => this.pullAll(cluster));
      } catch (error) {
        if (this.ended) return;
        this.failing = { since: this.failing?.since ?? performance.now(), error };
        if (errorType(error) === 'OFFSET_OUT_OF_RANGE') await this.outOfRange();
        else this.options.onError(error, 'fetching');
        await delay(RETRY_MS);
      }
    }
  }

  private async outOfRange(): Promise<void> {
    try {
      await this.options.onOutOfRange();
    } catch (error) {
      this.options.onError(error, 'looking for the oldest record');
    }
  }

  /** Until one of the brokers fails, or a partition is led by none of them; then the leaders are looked up anew. */
  private async pullAll(cluster: GroupCluster): Promise<void> {
    await cluster.addMultipleTargetTopics([...this.options.topics]);
    await cluster.refreshMetadata();
    this.lookedAt = -Infinity;
    await this.look();
    const round = { over: false };
    const nodes = new Set(cluster.getNodeIds().map(Number));
    const since = performance.now();
    const pulls = [...nodes].map(async nodeId => {
      try {
        while (!round.over && !this.ended) {
          await this.pull(cluster, nodeId);
          if (performance.now() - since > LOOK_AGAIN_MS && this.hasOrphans(cluster, nodes)) round.over = true;
        }
      } finally {
        round.over = true;
      }
    });
    await Promise.all(pulls);
  }

  private async pull(cluster: GroupCluster, nodeId: number): Promise<void> {
    const here = this.options.partitions().filter(partition => this.leaderOf(cluster, partition) === nodeId);
    const wanted = here.filter(partition => partition.wantsMore);
    if (wanted.length === 0) return this.wake.wait(WAIT_MS);
    const broker = await cluster.findBroker({ nodeId });
    const byTopic = Map.groupBy(wanted, partition => this.options.topicOf(partition));
    const asked = new Map(
      wanted.map(one => [`${this.options.topicOf(one)}/${one.partition}`, { one, from: one.next }]),
    );
    const fetching = broker.fetch({
      maxWaitTime: wanted.length < here.length ? SHORT_WAIT_MS : WAIT_MS,
      minBytes: 1,
      maxBytes: MAX_BYTES,
      isolationLevel: READ_COMMITTED,
      topics: [...byTopic].map(([topic, partitions]) => ({
        topic,
        partitions: partitions.map(({ partition, next }) => ({
          partition,
          fetchOffset: String(next),
          maxBytes: MAX_BYTES_PER_PARTITION,
        })),
      })),
    });
    const [{ responses }] = await Promise.all([fetching, this.look()]);
    // Where the answer itself was long in coming.
    await this.look();
    this.failing = undefined;
    let got = 0;
    for (const { topicName, partitions } of responses) {
      for (const fetched of partitions) {
        const request = asked.get(`${topicName}/${fetched.partition}`);
        if (request && request.one.next === request.from) got += this.store(request.one, fetched);
      }
    }
    if (got > 0) this.options.onRecords();
  }

  private async look(): Promise<void> {
    const now = performance.now();
    if (now - this.lookedAt < TRUST_MS) return;
    await this.options.onTopics();
    this.lookedAt = now;
  }

  private store(partition: KafkaPartition, { messages }: FetchedPartition): number {
    // A batch comes whole, also what lies before the offset that was asked for; and what is no record has an offset too.
    const fresh = messages.filter(message => Number(message.offset) >= partition.next);
    if (fresh.length === 0) return 0;
    const records = fresh
      .filter(message => !message.isControlRecord)
      .map(message => toRecord(partition.topic, partition.partition, message));
    partition.add(records, Number(fresh.at(-1)!.offset) + 1);
    return records.length;
  }

  private hasOrphans(cluster: GroupCluster, nodes: ReadonlySet<number>): boolean {
    return this.options.partitions().some(partition => !nodes.has(this.leaderOf(cluster, partition) ?? -1));
  }

  private leaderOf(cluster: GroupCluster, partition: KafkaPartition): number | undefined {
    return leaderIn(cluster, { topic: this.options.topicOf(partition), partition: partition.partition });
  }
}
