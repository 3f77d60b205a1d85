import { setTimeout as delay } from 'node:timers/promises';
import { HeldPartitions } from '../partition/held-partitions.js';
import { partitionName } from '../partition/held-partition.js';
import { LOST, RELEASED } from '../port/batch-signal.js';
import type { BusConsumer, ConsumerOptions } from '../port/bus-driver.js';
import { Fetcher } from './fetcher.js';
import {
  commitOffsets,
  fetchCommitted,
  listOffsets,
  OLDEST,
  placeName,
  type PlaceLabel,
  type TopicPartition,
} from './group-offsets.js';
import type { Assignment, SeekOrder } from './group-protocol.js';
import type { KafkaLink } from './kafka-link.js';
import type { KafkaNames } from './kafka-names.js';
import { KafkaPartition } from './kafka-partition.js';
import { Membership } from './membership.js';
import { isStranger, madeAnew, MovedLogs } from './moved-logs.js';
import { RecentLines } from './recent-lines.js';
import { topicIds } from './topic-ids.js';

export interface KafkaConsumerContext {
  names: KafkaNames;
  newLink(purpose: string): KafkaLink;
  /** Resolves when the consumer's topics are there as they should be, however long that takes, or when it is aborted. */
  topicsReady(signal: AbortSignal): Promise<void>;
}

const COMMIT_RETRY_MS = 100;
/** What a stop gives handlers and broker together (milliseconds); the group is left within 5 s. */
const PATIENCE_MS = 4_200;
/** While the bus is away, each of its errors is said once in so long (milliseconds). */
const QUIET_MS = 30_000;

/** A member of a consumer group on Kafka. */
export class KafkaConsumer implements BusConsumer {
  private readonly group: string;
  private readonly held: HeldPartitions<KafkaPartition>;
  /** For fetches, commits and offsets. */
  private readonly data: KafkaLink;
  /** For the membership: a broker answers one request of a connection after the other, and a join waits for all members. */
  private readonly joins: KafkaLink;
  private readonly fetcher: Fetcher;
  private readonly membership: Membership;
  private readonly ending = new AbortController();
  private readonly onError: ConsumerOptions['onError'];
  private started?: Promise<void>;
  /** While the bus is away nothing is begun: what could not be committed would only be done again. */
  private online = true;
  /** Why it cannot take part in its group at the moment; undefined since the last heartbeat. */
  private apart: unknown;

  constructor(
    private readonly options: ConsumerOptions,
    private readonly context: KafkaConsumerContext,
  ) {
    const { names, newLink } = context;
    this.group = names.group(options.group);
    this.data = newLink('data');
    this.joins = newLink('group');
    this.held = new HeldPartitions({
      partitionsAtOnce: options.partitionsAtOnce,
      onAssignment: assigned => options.onAssignment(assigned),
      onPaused: paused => options.onPaused(paused),
      hasRecords: partition => this.online && partition.hasRecords,
      onIdle: () => undefined,
    });
    const recent = new RecentLines(QUIET_MS);
    this.onError = (error, doing) => {
      if (!this.ending.signal.aborted && recent.isNew(`${doing}: ${String(error)}`)) options.onError(error, doing);
    };
    const { onError } = this;
    const topics = options.topics.map(topic => names.topic(topic));
    const logs = new MovedLogs({
      link: this.data,
      topics,
      partitions: () => this.held.all(),
      placeOf: ({ topic, partition }) => ({ topic: names.topic(topic), partition }),
      isHeld: partition => this.held.get(partition.name) === partition,
      setBack: (partition, offset, label) => void this.setBack(partition, offset, label),
      onError,
    });
    this.fetcher = new Fetcher({
      link: this.data,
      topics,
      partitions: () => this.held.all(),
      topicOf: partition => names.topic(partition.topic),
      onRecords: () => this.held.schedule(),
      onTopics: () => logs.dropStrangers(),
      onOutOfRange: () => logs.skipWhatIsGone(),
      onError,
    });
    this.membership = new Membership({
      group: this.group,
      sessionTimeoutMs: options.sessionTimeoutMs,
      link: this.joins,
      describe: () => ({ topics, owned: this.owned(), seeks: [] }),
      onAssignment: assignment => this.take(assignment),
      onLost: () => this.loseAll(),
      onHeartbeat: () => {
        this.apart = undefined;
        this.setOnline(true);
      },
      onError: (error, doing) => {
        this.apart = error;
        onError(error, doing);
      },
    });
  }

  /** Why it does not get records at the moment. */
  get problem(): unknown {
    return this.apart ?? this.fetcher.problem;
  }

  start(): Promise<void> {
    this.started ??= this.join();
    return Promise.resolve();
  }

  heartbeatAgeMs(): number | undefined {
    return this.membership.heartbeatAgeMs();
  }

  async stop(): Promise<void> {
    // A broker that hangs holds no stop up: what waits for its answers fails without the connections.
    const late = setTimeout(() => {
      this.data.destroy();
      this.joins.destroy();
    }, PATIENCE_MS);
    // The heartbeat goes on meanwhile: what is drained must still be this member's when it is committed.
    await this.held.drain();
    this.ending.abort();
    await this.started;
    await this.membership.leave(this.data);
    await Promise.all([this.fetcher.stop(), this.data.close()]);
    clearTimeout(late);
  }

  private async join(): Promise<void> {
    const { signal } = this.ending;
    const aborted = new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }));
    await Promise.race([this.context.topicsReady(signal), aborted]);
    if (signal.aborted) return;
    this.membership.start();
    this.fetcher.start();
  }

  private owned(): Record<string, number[]> {
    const owned: Record<string, number[]> = {};
    for (const { topic, partition } of this.held.all()) (owned[this.context.names.topic(topic)] ??= []).push(partition);
    return owned;
  }

  /** Keeps what stays, lets the rest go when its batches have ended, and begins what is new where the group stands. */
  private async take({ partitions, seeks }: Assignment): Promise<void> {
    const { names } = this.context;
    const given = new Map<string, TopicPartition>();
    for (const [topic, numbers] of Object.entries(partitions)) {
      const own = names.own(topic);
      if (own === undefined || !this.options.topics.includes(own)) continue;
      for (const partition of numbers) given.set(partitionName(own, partition), { topic: own, partition });
    }
    for (const partition of this.held.all()) if (!given.has(partition.name)) this.letGo(partition);
    const missing = this.held.draining ? [] : [...given].filter(([name]) => !this.held.get(name));
    await this.holdAll(missing.map(([, place]) => place));
    for (const order of seeks) this.obey(order);
    this.held.announce();
    this.fetcher.kick();
    this.held.schedule();
  }

  private letGo(partition: KafkaPartition): void {
    if (this.held.isLeaving(partition)) return;
    void this.held.letGo(partition, RELEASED).then(() => {
      this.held.announce();
      this.membership.rejoin();
    });
  }

  private async holdAll(places: readonly TopicPartition[]): Promise<void> {
    const { names } = this.context;
    const standing = this.membership.current;
    const remote = places.map(({ topic, partition }) => ({ topic: names.topic(topic), partition }));
    if (remote.length === 0) return;
    const ids = await topicIds(this.data, [...new Set(remote.map(({ topic }) => topic))]);
    const committed = await fetchCommitted(this.data, this.group, remote);
    const fresh = committed.filter(one => one.offset === undefined || isStranger(one, ids.get(one.topic)));
    const oldest = await listOffsets(this.data, fresh, OLDEST);
    // Cut off meanwhile, it has none of them any more.
    if (this.membership.current !== standing) return;
    for (const one of committed) {
      const { topic, partition, offset, mark } = one;
      const begins = fresh.includes(one);
      const from = begins ? oldest.get(placeName(one)) : offset;
      if (from === undefined) throw new Error(`${topic}[${partition}] has no leader`);
      if (begins && offset !== undefined) this.onError(madeAnew(one), 'beginning; it does so with the oldest record');
      const log = ids.get(topic) ?? one.log;
      const held = this.hold({ topic: names.own(topic)!, partition }, from, { mark, log });
      // From now on the group stands somewhere: its lag can be told though nothing was sent yet.
      if (begins) this.place(held, from);
    }
  }

  private hold({ topic, partition }: TopicPartition, from: number, label: PlaceLabel): KafkaPartition {
    const held: KafkaPartition = new KafkaPartition(topic, partition, from, label, {
      ...this.options,
      commit: to => this.commit(held, to),
    });
    this.held.hold(held);
    return held;
  }

  /** Drops what it holds of a partition, whose running handlers can no longer commit, and goes on from the new place. */
  private obey({ id, topic, partition, offset }: SeekOrder): void {
    const name = partitionName(this.context.names.own(topic) ?? '', partition);
    const held = this.held.get(name);
    if (!held || held.label.mark === id || this.held.isLeaving(held) || this.held.draining) return;
    this.place(this.setBack(held, offset, { ...held.label, mark: id }), offset);
  }

  private setBack(partition: KafkaPartition, offset: number, label: PlaceLabel): KafkaPartition {
    partition.abort(LOST);
    this.held.forget(partition);
    return this.hold(partition, offset, label);
  }

  /** Makes it known where the group stands now; the batches need not wait for that. */
  private place(partition: KafkaPartition, offset: number): void {
    this.commit(partition, offset).catch((error: unknown) => this.onError(error, 'committing'));
  }

  /** Commits as long as the partition is this member's and the bus can be reached; false when it is not any more. */
  private async commit(partition: KafkaPartition, offset: number): Promise<boolean> {
    const topic = this.context.names.topic(partition.topic);
    while (!partition.lost) {
      // What was tried for long may have been overtaken.
      if (offset < partition.committed) return true;
      const standing = this.membership.current;
      try {
        const place = { topic, partition: partition.partition, offset, ...partition.label };
        const refusal = await commitOffsets(this.data, this.group, standing, [place]);
        if (refusal === undefined) {
          partition.committed = Math.max(partition.committed, offset);
          this.fetcher.kick();
          return true;
        }
        this.membership.refused(standing, refusal);
      } catch (error) {
        this.setOnline(false);
        this.onError(error, 'committing');
        // A stop waits for no broker: what is not committed is done again by the next owner.
        if (this.held.draining) throw error;
      }
      await delay(COMMIT_RETRY_MS);
      // Until all have joined the group takes commits of the generation before; from then on only those of the new one.
      await this.membership.settled();
    }
    return false;
  }

  private loseAll(): void {
    for (const partition of this.held.all()) {
      partition.abort(LOST);
      this.held.forget(partition);
    }
    this.held.announce();
  }

  private setOnline(online: boolean): void {
    if (this.online === online) return;
    this.online = online;
    if (online) this.held.schedule();
  }
}
