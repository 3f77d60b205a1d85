import { randomUUID } from 'node:crypto';
import { Signal } from '@countersign/kernel';
import { statementName } from '@countersign/persistence';
import type pg from 'pg';
import { DirectSession } from '../connection/direct-session.js';
import { Gather } from '../connection/gather.js';
import { HeldPartition, partitionName, type HeldOptions } from '../partition/held-partition.js';
import { HeldPartitions } from '../partition/held-partitions.js';
import { LOST, RELEASED, type AbortReason } from '../port/batch-signal.js';
import type { BusConsumer, ConsumerOptions } from '../port/bus-driver.js';
import { ConsumerGroups, GROUP_CHANNEL, type Claim, type Commit } from './consumer-groups.js';
import { LOG_CHANNEL, readNotice } from './log-notices.js';
import { fetchHeads, LogReader } from './log-reader.js';

const RECONNECT_MS = 500;

const nameOf = ({ topic, part }: { topic: string; part: number }) => partitionName(topic, part);

/** A partition in the epoch in which this member claimed it. */
class ClaimedPartition extends HeldPartition {
  constructor(
    readonly epoch: string,
    { topic, part, off }: Claim,
    options: HeldOptions,
  ) {
    super(topic, part, Number(off), options);
  }
}

/**
 * A member of a consumer group on the Postgres log. Its heartbeat runs on a connection and a timer of its own, so neither
 * slow handlers nor a busy pool cost it the membership.
 */
export class PostgresConsumer implements BusConsumer {
  private readonly member = randomUUID();
  private readonly held: HeldPartitions<ClaimedPartition>;
  private readonly heads = new Map<string, number>();
  private readonly beats = new Signal();
  private readonly pooled: ConsumerGroups;
  private readonly commits: Gather<Commit, boolean>;
  private readonly reader: LogReader;
  private session?: DirectSession;
  private loop?: Promise<void>;
  private ended = false;
  private beatAt?: number;
  private refreshing?: Promise<void>;
  private stale = false;

  constructor(
    private readonly options: ConsumerOptions,
    private readonly url: string,
    private readonly pool: pg.Pool,
  ) {
    const query = async <Row>(text: string, values?: unknown[]) =>
      (await pool.query({ name: statementName(text), text, values })).rows as Row[];
    this.pooled = new ConsumerGroups({ query }, options.group);
    this.commits = new Gather(commits => this.pooled.commit(this.member, commits));
    this.reader = new LogReader(pool);
    this.held = new HeldPartitions({
      partitionsAtOnce: options.partitionsAtOnce,
      onAssignment: assigned => options.onAssignment(assigned),
      onPaused: paused => options.onPaused(paused),
      hasRecords: partition => partition.position < (this.heads.get(partition.name) ?? 0),
      onIdle: () => this.beats.fire(),
    });
  }

  start(): Promise<void> {
    this.loop ??= this.run();
    return Promise.resolve();
  }

  heartbeatAgeMs(): number | undefined {
    return this.beatAt === undefined ? undefined : performance.now() - this.beatAt;
  }

  async stop(): Promise<void> {
    // The heartbeat goes on meanwhile: what is drained must still be this member's when it is committed.
    await this.held.drain();
    this.ended = true;
    this.beats.fire();
    await this.loop;
    if (this.beatAt !== undefined) {
      await this.pooled.leave(this.member).catch((error: unknown) => this.options.onError(error, 'leaving the group'));
    }
  }

  private get beatMs(): number {
    return this.options.sessionTimeoutMs / 5;
  }

  private async run(): Promise<void> {
    while (!this.ended) {
      try {
        this.session = await this.connect();
        const groups = new ConsumerGroups(this.session, this.options.group);
        await groups.subscribe(this.options.topics);
        await groups.announce();
        while (!this.ended) {
          await this.beat(groups);
          await this.beats.wait(this.beatMs);
        }
      } catch (error) {
        if (!this.ended) this.options.onError(error, 'keeping its membership');
      } finally {
        await this.session?.close();
        this.session = undefined;
      }
      if (!this.ended) await this.beats.wait(RECONNECT_MS);
    }
  }

  private async connect(): Promise<DirectSession> {
    const session = await DirectSession.open({
      url: this.url,
      applicationName: `${this.options.group}-consumer`,
      channels: [LOG_CHANNEL, GROUP_CHANNEL],
      onNotification: (channel, payload) => this.onNotification(channel, payload),
    });
    // A heartbeat or claim that a crash of the database forgets is made again; waiting for the disk would only cost.
    await session.query('set synchronous_commit = off');
    void session.closed.then(() => this.beats.fire());
    // Another database, or an older state of this one, may be behind the new connection.
    this.heads.clear();
    return session;
  }

  private onNotification(channel: string, payload: string): void {
    if (channel === GROUP_CHANNEL) {
      if (payload === this.options.group) this.beats.fire();
      return;
    }
    const { heads, unknown } = readNotice(payload, this.options.topics);
    for (const [name, next] of heads) this.raise(name, next);
    if (unknown) this.refresh();
    else if (heads.size > 0) this.held.schedule();
  }

  /** What was looked up may be older than what a notice has said since. */
  private raise(name: string, next: number): void {
    this.heads.set(name, Math.max(next, this.heads.get(name) ?? 0));
  }

  private async beat(groups: ConsumerGroups): Promise<void> {
    const { topics, sessionTimeoutMs } = this.options;
    await groups.beat(this.member, topics, sessionTimeoutMs);
    this.beatAt = performance.now();
    await this.rebalance(groups);
    this.refresh();
  }

  private async rebalance(groups: ConsumerGroups): Promise<void> {
    const owned = new Map((await groups.owned(this.member)).map(claim => [nameOf(claim), claim]));
    for (const partition of this.held.all()) {
      if (owned.get(partition.name)?.epoch !== partition.epoch) this.letGo(partition, LOST);
    }
    // Looked up before anything else is awaited: what is let go meanwhile is no longer this member's.
    const unknown = [...owned.values()].filter(claim => !this.held.get(nameOf(claim)));
    const target = this.held.draining ? [] : await groups.target(this.member);
    const wanted = new Map(target.map(partition => [nameOf(partition), partition]));
    for (const partition of this.held.all()) {
      if (wanted.has(partition.name)) continue;
      const { topic, partition: part, epoch } = partition;
      this.letGo(partition, RELEASED, () => groups.release(this.member, topic, part, epoch));
    }
    const missing = [...wanted.values()].filter(partition => !this.held.get(nameOf(partition)));
    const claims = missing.length > 0 ? await groups.claim(this.member, missing) : [];
    for (const claim of claims) this.hold(claim);
    await this.recover(unknown, wanted, groups);
    this.held.announce();
  }

  /** Partitions that the cursors say are this member's though it does not know: the answer was lost with a connection. */
  private async recover(
    claims: readonly Claim[],
    wanted: ReadonlyMap<string, unknown>,
    groups: ConsumerGroups,
  ): Promise<void> {
    for (const claim of claims) {
      if (wanted.has(nameOf(claim))) this.hold(claim);
      else await groups.release(this.member, claim.topic, claim.part, claim.epoch);
    }
  }

  private hold(claim: Claim): void {
    const { topic, part, epoch } = claim;
    const options = {
      ...this.options,
      fetch: (from: number, limit: number) => this.reader.fetch(topic, part, from, limit),
      commit: (offset: number) => this.commits.add({ topic, part, epoch, offset }),
    };
    this.held.hold(new ClaimedPartition(epoch, claim, options));
  }

  private letGo(partition: ClaimedPartition, reason: AbortReason, release?: () => Promise<void>): void {
    partition.abort(reason);
    if (this.held.isLeaving(partition)) return;
    const gone = async () => {
      await this.held.letGo(partition, reason, release);
      if (release) await this.pooled.announce();
      this.beats.fire();
    };
    gone().catch((error: unknown) => this.options.onError(error, `letting ${partition.name} go`));
  }

  /** Looks how far the topics go, then begins what can be begun. Calls meanwhile lead to one further look. */
  private refresh(): void {
    this.stale = true;
    this.refreshing ??= this.look().finally(() => {
      this.refreshing = undefined;
    });
  }

  private async look(): Promise<void> {
    try {
      while (this.stale && !this.held.draining) {
        this.stale = false;
        for (const { name, next } of await fetchHeads(this.pool, this.options.topics)) this.raise(name, next);
        this.held.schedule();
      }
    } catch (error) {
      this.options.onError(error, 'looking for records');
    }
  }
}
