import { Signal } from '@countersign/kernel';
import type { LoggerService } from '@nestjs/common';
import { DirectSession } from '../connection/direct-session.js';
import type { MessagingMetrics } from '../metrics/messaging-metrics.js';
import { BusUnavailable, type BusDriver } from '../port/bus-driver.js';

export interface RelayOptions {
  service: string;
  /** Schema of the service; its outbox is what is relayed. */
  schema: string;
  /** URL of the worker role. */
  workerUrl: string;
  driver: BusDriver;
  metrics: MessagingMetrics;
  logger: LoggerService;
  /** Sends a notification to the process that relays; failures do not matter. */
  notify(channel: string): Promise<unknown>;
  /** Called now and then while this process relays, which goes on meanwhile; never twice at once. */
  maintain(): Promise<void>;
}

const BATCH = 1_000;
/** The first commit wakes the relay so many milliseconds later, for all that commit meanwhile. */
const DEBOUNCE_MS = 5;
/**
 * Under load, so many milliseconds lie between two wake-ups: a move costs the same whether it takes one event or twenty,
 * here, on the bus and at every consumer, and no commit waits longer than this.
 */
const PACE_MS = 25;
/** Without a wake-up (lost notification, relay in another process that just died) it looks so often. */
const POLL_MS = 1_000;
const LOCK_RETRY_MS = 1_000;
const RECONNECT_MS = 500;
/** A process that is stopped in the middle, though it is not dead, loses the lock after so long; it looks every second. */
const IDLE_MS = 10_000;
/** How long a stop waits for the move under way. */
const DRAIN_MS = 3_000;
const MAINTAIN_MS = 60_000;
/**
 * The oldest rows are taken down the index on id, which passes over the deleted ones before them once. The planner thinks
 * an outbox too small for that, and would look at every row that was deleted since the last vacuum each time.
 */
const ALONG_THE_INDEX = { enable_seqscan: 'off', enable_bitmapscan: 'off' };
const CONTEXT = 'relay';

/**
 * Moves the service's outbox to the bus. Every replica runs one, a session's advisory lock lets one of them work: rows are
 * deleted with, or after, their arrival on the bus, by the very session that holds the lock, so a relay that lost it cannot
 * move anything. Rows are never skipped: what commits late is picked up by the next round.
 */
export class Relay {
  private readonly signal = new Signal();
  private readonly channel: string;
  private running?: Promise<void>;
  /** Holds the lock, moves the rows. */
  private session?: DirectSession;
  private listener?: DirectSession;
  private leads = false;
  private stopping = false;
  private debounce?: NodeJS.Timeout;
  private wokenAt = -Infinity;
  private maintained = -Infinity;
  private maintaining?: Promise<void>;
  /** Why nothing can be relayed; undefined while it can. */
  problem: string | undefined = 'the relay has not connected yet';

  constructor(private readonly options: RelayOptions) {
    this.channel = `outbox_${options.schema}`;
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Called after a commit that added events. */
  wake(): void {
    if (this.stopping) return;
    this.debounce ??= setTimeout(
      () => {
        this.debounce = undefined;
        this.wokenAt = performance.now();
        if (this.leads) this.signal.fire();
        else this.options.notify(this.channel).catch(() => undefined);
      },
      Math.max(DEBOUNCE_MS, this.wokenAt + PACE_MS - performance.now()),
    );
  }

  /** Ends after the move under way, or within 3 s without it; what is left in the outbox stays for the next leader. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.debounce);
    this.signal.fire();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise(resolve => (timer = setTimeout(resolve, DRAIN_MS)));
    await Promise.race([this.running, late]);
    clearTimeout(timer);
    // A bus that hangs holds no stop up: without its connection the move is rolled back.
    await this.session?.close();
  }

  private async run(): Promise<void> {
    const { service, workerUrl, logger, metrics } = this.options;
    while (!this.stopping) {
      try {
        this.session = await DirectSession.open({
          url: workerUrl,
          applicationName: `${service}-relay`,
          idleTimeoutMs: IDLE_MS,
          settings: ALONG_THE_INDEX,
        });
        this.problem = undefined;
        void this.session.closed.then(() => this.signal.fire());
        await this.lead(this.session);
      } catch (error) {
        this.problem = `the relay has no connection: ${String(error)}`;
        if (!this.stopping) logger.warn(`The relay lost its connection: ${String(error)}`, CONTEXT);
      } finally {
        this.leads = false;
        metrics.relayLeader.set(0);
        await Promise.all([this.session?.close(), this.listener?.close()]);
        this.session = this.listener = undefined;
      }
      if (!this.stopping) await this.signal.wait(RECONNECT_MS);
    }
  }

  private async lead(session: DirectSession): Promise<void> {
    const { schema, metrics, logger } = this.options;
    while (!this.stopping && !(await this.lock(session))) await this.signal.wait(LOCK_RETRY_MS);
    if (this.stopping) return;
    const listener = await this.listen();
    this.leads = true;
    metrics.relayLeader.set(1);
    logger.log(`This process relays the outbox of ${schema}`, CONTEXT);
    while (!this.stopping) {
      if (listener.isClosed) throw new Error('the connection that wakes it has ended');
      const moved = await this.move(session);
      metrics.relayed.inc(moved);
      this.maintain();
      if (moved < BATCH) await this.signal.wait(POLL_MS);
    }
  }

  /** A bus that is away costs neither the connection nor the lead: the rows wait, and the next look tries again. */
  private async move(session: DirectSession): Promise<number> {
    const { schema, driver, logger } = this.options;
    try {
      const moved = await driver.relay(session, `${schema}.outbox`, BATCH);
      this.problem = undefined;
      return moved;
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      if (this.problem !== error.message) logger.warn(`The relay waits for the bus: ${error.message}`, CONTEXT);
      this.problem = error.message;
      return 0;
    }
  }

  /**
   * Wake-ups come over a connection of their own: the server writes them whenever they arise, and a session whose client
   * reads nothing any more would be stuck in that writing, where no time-out ends it, and keep the lock for ever.
   */
  private async listen(): Promise<DirectSession> {
    const { service, workerUrl } = this.options;
    this.listener = await DirectSession.open({
      url: workerUrl,
      applicationName: `${service}-relay-wake`,
      channels: [this.channel],
      onNotification: () => this.signal.fire(),
    });
    void this.listener.closed.then(() => this.signal.fire());
    return this.listener;
  }

  private async lock(session: DirectSession): Promise<boolean> {
    const [row] = await session.query<{ locked: boolean }>(
      `select pg_try_advisory_lock(hashtextextended('countersign-relay-' || $1, 0)) as locked`,
      [this.options.schema],
    );
    return row!.locked;
  }

  private maintain(): void {
    const now = performance.now();
    if (this.maintaining || now - this.maintained < MAINTAIN_MS) return;
    this.maintained = now;
    this.maintaining = this.options
      .maintain()
      .catch((error: unknown) => {
        if (!this.stopping) this.options.logger.warn(`Clean-up failed: ${String(error)}`, CONTEXT);
      })
      .finally(() => {
        this.maintaining = undefined;
      });
  }
}
