import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { DirectSession } from '../connection/direct-session.js';
import { Signal } from '../connection/signal.js';
import { LOST, RELEASED, STOPPING } from '../port/abort-reasons.js';
import type { BusConsumer, ConsumerOptions } from '../port/bus-driver.js';
import { LOG_CHANNEL } from './append-to-log.js';
import { ConsumerGroups, GROUP_CHANNEL, type Claim } from './consumer-groups.js';
import { HeldPartition, partitionName } from './held-partition.js';
import { fetchHeads } from './log-reader.js';

const RECONNECT_MS = 500;

/**
 * A member of a consumer group on the Postgres log. Its heartbeat runs on a connection and a timer of its own, so neither
 * slow handlers nor a busy pool cost it the membership.
 */
export class PostgresConsumer implements BusConsumer {
  private readonly member = randomUUID();
  private readonly held = new Map<string, HeldPartition>();
  private readonly heads = new Map<string, number>();
  private readonly beats = new Signal();
  private readonly commits: ConsumerGroups;
  private session?: DirectSession;
  private loop?: Promise<void>;
  /** Partitions on their way out: their batch still ends. */
  private readonly leaving = new Set<HeldPartition>();
  private assignment = '';
  private draining = false;
  private ended = false;
  private beatAt?: number;
  private refreshing?: Promise<void>;
  private stale = false;

  constructor(
    private readonly options: ConsumerOptions,
    private readonly url: string,
    private readonly pool: pg.Pool,
  ) {
    const query = async <Row>(sql: string, parameters?: unknown[]) => (await pool.query(sql, parameters)).rows as Row[];
    this.commits = new ConsumerGroups({ query }, options.group);
  }

  start(): Promise<void> {
    this.loop ??= this.run();
    return Promise.resolve();
  }

  heartbeatAgeMs(): number | undefined {
    return this.beatAt === undefined ? undefined : Date.now() - this.beatAt;
  }

  async stop(): Promise<void> {
    this.draining = true;
    for (const partition of this.held.values()) partition.abort(STOPPING);
    // The heartbeat goes on meanwhile: what is drained must still be this member's when it is committed.
    await Promise.all([...this.held.values()].map(partition => partition.idle()));
    this.ended = true;
    this.beats.fire();
    await this.loop;
    if (this.beatAt !== undefined) {
      await this.commits.leave(this.member).catch((error: unknown) => this.options.onError(error, 'leaving the group'));
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
    return session;
  }

  private onNotification(channel: string, payload: string): void {
    if (channel === GROUP_CHANNEL) {
      if (payload === this.options.group) this.beats.fire();
    } else if (payload.split(',').some(topic => this.options.topics.includes(topic))) this.refresh();
  }

  private async beat(groups: ConsumerGroups): Promise<void> {
    const { topics, sessionTimeoutMs } = this.options;
    await groups.beat(this.member, topics, sessionTimeoutMs);
    this.beatAt = Date.now();
    await this.rebalance(groups);
    this.refresh();
  }

  private async rebalance(groups: ConsumerGroups): Promise<void> {
    const owned = new Map((await groups.owned(this.member)).map(claim => [partitionName(claim), claim]));
    for (const [name, partition] of this.held) {
      if (owned.get(name)?.epoch !== partition.epoch) this.drop(name, partition, LOST);
    }
    // Looked up before anything else is awaited: what is let go meanwhile is no longer this member's.
    const unknown = [...owned.values()].filter(claim => !this.held.has(partitionName(claim)));
    const target = this.draining ? [] : await groups.target(this.member);
    const wanted = new Map(target.map(partition => [partitionName(partition), partition]));
    for (const [name, partition] of this.held) {
      if (!wanted.has(name)) {
        this.drop(name, partition, RELEASED, () =>
          groups.release(this.member, partition.topic, partition.part, partition.epoch),
        );
      }
    }
    const missing = [...wanted.values()].filter(partition => !this.held.has(partitionName(partition)));
    const claims = missing.length > 0 ? await groups.claim(this.member, missing) : [];
    for (const claim of claims) this.hold(claim);
    await this.recover(unknown, wanted, groups);
    const assignment = [...this.held.keys()].sort().join();
    if (assignment !== this.assignment) this.options.onAssignment(this.held.size);
    this.assignment = assignment;
  }

  /** Partitions that the cursors say are this member's though it does not know: the answer was lost with a connection. */
  private async recover(
    claims: readonly Claim[],
    wanted: ReadonlyMap<string, unknown>,
    groups: ConsumerGroups,
  ): Promise<void> {
    for (const claim of claims) {
      if (wanted.has(partitionName(claim))) this.hold(claim);
      else await groups.release(this.member, claim.topic, claim.part, claim.epoch);
    }
  }

  private hold({ topic, part, epoch, off }: Claim): void {
    const commit = (to: number) => this.commits.commit(this.member, topic, part, epoch, to);
    const partition = new HeldPartition(topic, part, epoch, Number(off), { ...this.options, pool: this.pool, commit });
    partition.onChange = () => (partition.aborted ? this.beats.fire() : this.schedule());
    this.held.set(partitionName({ topic, part }), partition);
  }

  /** Lets the running batch end before the partition is let go, so that its keys do not run in two places. */
  private drop(name: string, partition: HeldPartition, reason: string, release?: () => Promise<void>): void {
    if (this.leaving.has(partition)) return;
    this.leaving.add(partition);
    partition.abort(reason);
    const gone = async () => {
      await partition.idle();
      await release?.();
      this.forget(name, partition);
      if (release) await this.commits.announce();
      this.beats.fire();
    };
    gone().catch((error: unknown) => {
      this.forget(name, partition);
      this.options.onError(error, `letting ${name} go`);
    });
  }

  private forget(name: string, partition: HeldPartition): void {
    this.held.delete(name);
    this.leaving.delete(partition);
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
      while (this.stale && !this.draining) {
        this.stale = false;
        for (const head of await fetchHeads(this.pool, this.options.topics)) this.heads.set(head.name, head.next);
        this.schedule();
      }
    } catch (error) {
      this.options.onError(error, 'looking for records');
    }
  }

  private schedule(): void {
    if (this.draining) return;
    let running = 0;
    let paused = 0;
    for (const partition of this.held.values()) {
      if (partition.running) running++;
      if (partition.paused) paused++;
    }
    this.options.onPaused(paused);
    for (const [name, partition] of [...this.held]) {
      if (running >= this.options.partitionsAtOnce) return;
      if (!partition.ready || partition.position >= (this.heads.get(name) ?? 0)) continue;
      // To the end of the line: a partition with much to do must not keep the others waiting.
      this.held.delete(name);
      this.held.set(name, partition);
      partition.begin();
      running++;
    }
  }
}
