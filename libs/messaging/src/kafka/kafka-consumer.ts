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
  NEWEST,
  OLDEST,
  placeName,
  type TopicPartition,
} from './group-offsets.js';
import type { Assignment, SeekOrder } from './group-protocol.js';
import type { KafkaLink } from './kafka-link.js';
import type { KafkaNames } from './kafka-names.js';
import { KafkaPartition } from './kafka-partition.js';
import { Membership } from './membership.js';
import { RecentLines } from './recent-lines.js';

export interface KafkaConsumerContext {
  names: KafkaNames;
  newLink(purpose: string): KafkaLink;
  /** Resolves when the consumer's topics are there as they should be, however long that takes, or when it is aborted. */
  topicsReady(signal: AbortSignal): Promise<void>;
}

/** The least session timeout that a broker takes unless it is told otherwise (group.min.session.timeout.ms). */
export const LEAST_SESSION_MS = 6_000;
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
    this.fetcher = new Fetcher({
      link: this.data,
      topics: options.topics.map(topic => names.topic(topic)),
      partitions: () => this.held.all(),
      topicOf: partition => names.topic(partition.topic),
      onRecords: () => this.held.schedule(),
      onOutOfRange: () => this.skipWhatIsGone(),
      onError,
    });
    this.membership = new Membership({
      group: this.group,
      sessionTimeoutMs: Math.max(options.sessionTimeoutMs, LEAST_SESSION_MS),
      link: this.joins,
      describe: () => ({ topics: options.topics.map(topic => names.topic(topic)), owned: this.owned(), seeks: [] }),
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
    const committed = await fetchCommitted(this.data, this.group, remote);
    const fresh = committed.filter(({ offset }) => offset === undefined);
    const oldest = await listOffsets(this.data, fresh, OLDEST);
    // Cut off meanwhile, it has none of them any more.
    if (this.membership.current !== standing) return;
    for (const { topic, partition, offset, mark } of committed) {
      const from = offset ?? oldest.get(placeName({ topic, partition }));
      if (from === undefined) throw new Error(`${topic}[${partition}] has no leader`);
      const held = this.hold({ topic: names.own(topic)!, partition }, from, mark);
      // From now on the group stands somewhere: its lag can be told though nothing was sent yet.
      if (offset === undefined) this.place(held, from);
    }
  }

  private hold({ topic, partition }: TopicPartition, from: number, mark: string): KafkaPartition {
    const held: KafkaPartition = new KafkaPartition(topic, partition, from, mark, {
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
    if (!held || held.mark === id || this.held.isLeaving(held) || this.held.draining) return;
    this.place(this.setBack(held, offset, id), offset);
  }

  private setBack(partition: KafkaPartition, offset: number, mark: string): KafkaPartition {
    partition.abort(LOST);
    this.held.forget(partition);
    return this.hold(partition, offset, mark);
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
        const place = { topic, partition: partition.partition, offset, mark: partition.mark };
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

  /** Retention has taken records that the group had not handled: says so and goes on with the oldest that is left. */
  private async skipWhatIsGone(): Promise<void> {
    const { names } = this.context;
    const held = this.held.all();
    const remote = held.map(({ topic, partition }) => ({ topic: names.topic(topic), partition }));
    const [oldest, newest] = await Promise.all([
      listOffsets(this.data, remote, OLDEST),
      listOffsets(this.data, remote, NEWEST),
    ]);
    for (const partition of held) {
      const name = placeName({ topic: names.topic(partition.topic), partition: partition.partition });
      const [first, end] = [oldest.get(name), newest.get(name)];
      if (first === undefined || end === undefined || (partition.next >= first && partition.next <= end)) continue;
      // It may have been let go, or set back, while the broker was asked.
      if (this.held.get(partition.name) !== partition || partition.aborted) continue;
      const lost = new Error(`offset ${partition.next} of ${partition.name} is not in the log (${first} to ${end})`);
      this.onError(lost, 'fetching; it goes on with the oldest record');
      this.setBack(partition, first, partition.mark);
    }
  }
}
