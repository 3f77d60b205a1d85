import { EVENT_CATALOG } from '@countersign/contracts';
import type { LoggerService } from '@nestjs/common';
import { decodeEvent } from '../envelope/envelope-codec.js';
import { UnparseableEvent } from '../envelope/unparseable-event.js';
import type { MessagingMetrics } from '../metrics/messaging-metrics.js';
import { BatchSignal } from '../port/batch-signal.js';
import type { BusConsumer, BusDriver, PartitionBatch, StoredDeadLetter } from '../port/bus-driver.js';
import { BatchRounds } from './batch-rounds.js';
import { callHandler } from './call-handler.js';
import { restoreRecord, ANY_HANDLER } from './dead-letter.js';
import type { EventHandlers } from './event-handlers.js';
import { HandlerRunner, Outage, pruneGraves } from './handler-runner.js';
import { PartitionRun } from './partition-run.js';
import { outageDelay } from './retry-policy.js';

export interface EventConsumerOptions {
  group: string;
  driver: BusDriver;
  handlers: EventHandlers;
  metrics: MessagingMetrics;
  logger: LoggerService;
  sessionTimeoutMs: number;
  partitionsAtOnce: number;
  lanes: number;
  window: number;
}

/** Records that are fetched of one partition at a time. */
const MAX_BATCH = 500;
/** What running handlers get at a stop: the group is left within 5 s whatever they do. */
const DRAIN_MS = 3_500;
const CONTEXT = 'messaging';

/** The service's member of its consumer group: runs its handlers over the partitions that the group gives it. */
export class EventConsumer {
  private consumer?: BusConsumer;
  private stopped?: Promise<void>;
  /** Outages in a row by partition. */
  private readonly outages = new Map<string, number>();
  /** By partition, what was dead-lettered and may be delivered again because something before it is not done. */
  private readonly buried = new Map<string, Set<string>>();

  private readonly rounds: BatchRounds;

  constructor(private readonly options: EventConsumerOptions) {
    const { window, metrics } = options;
    this.rounds = new BatchRounds(window, (handler, received) => callHandler(metrics, handler, received, 1));
  }

  /** Topics of the events that have handlers. */
  get topics(): string[] {
    return [...new Set(this.options.handlers.types.map(type => EVENT_CATALOG.get(type)!.topic))].sort();
  }

  async start(): Promise<void> {
    if (this.topics.length === 0 || this.consumer) return;
    const { group, driver, metrics, logger, sessionTimeoutMs, partitionsAtOnce } = this.options;
    this.consumer = driver.consumer({
      group,
      topics: this.topics,
      sessionTimeoutMs,
      partitionsAtOnce,
      maxBatch: MAX_BATCH,
      onBatch: batch => this.runBatch(batch),
      onAssignment: assigned => {
        metrics.rebalances.inc();
        metrics.assigned.set(assigned);
      },
      onPaused: paused => metrics.paused.set(paused),
      onError: (error, doing) => logger.warn(`The consumer had an error while ${doing}: ${String(error)}`, CONTEXT),
    });
    await this.consumer.start();
  }

  /** Stops fetching, lets handlers finish, commits, leaves the group: within 5 s. */
  stop(): Promise<void> {
    this.stopped ??= this.consumer?.stop() ?? Promise.resolve();
    return this.stopped;
  }

  heartbeatAgeMs(): number | undefined {
    return this.consumer?.heartbeatAgeMs();
  }

  /**
   * Runs the handler that a dead letter names, once; all of them when the record could not be read then.
   * @throws whatever the handler throws
   */
  async redrive(letter: StoredDeadLetter): Promise<void> {
    const { record, handler } = restoreRecord(letter);
    const event = decodeEvent(record.headers, record.value);
    const handlers = this.options.handlers
      .of(event.type)
      .filter(one => handler === ANY_HANDLER || one.handler === handler);
    if (handlers.length === 0) throw new UnparseableEvent(`This service has no handler ${handler} of ${event.type}`);
    const runner = this.runner(new BatchSignal(), new Set());
    for (const one of handlers) await runner.once(one, { event, record });
  }

  private async runBatch(batch: PartitionBatch): Promise<void> {
    const { group, handlers, metrics, lanes, window, logger } = this.options;
    const partition = `${batch.topic}[${batch.partition}]`;
    const buried = this.buried.get(partition) ?? new Set();
    pruneGraves(buried, batch.records[0]!.offset);
    const run = new PartitionRun(
      batch,
      handlers,
      this.runner(batch.signal, buried),
      { lanes, window, drainMs: DRAIN_MS },
      metrics,
    );
    const { low, failure } = await run.execute();
    if (buried.size > 0 && failure !== undefined && !batch.signal.aborted) this.buried.set(partition, buried);
    else this.buried.delete(partition);
    if (failure === undefined || low > 0) this.outages.delete(partition);
    if (failure instanceof Outage) {
      const consecutive = (this.outages.get(partition) ?? 0) + 1;
      this.outages.set(partition, consecutive);
      metrics.outages.inc({ topic: batch.topic });
      const delay = outageDelay(consecutive);
      batch.pause(delay);
      logger.warn(`${partition} of ${group} waits ${Math.round(delay)} ms: ${failure.message}`, CONTEXT);
    } else if (failure !== undefined && !batch.signal.aborted) {
      // A commit that did not get through: the next fetch begins at the last one that did.
      batch.pause(outageDelay(1));
      logger.warn(`${partition} of ${group} was not committed: ${String(failure)}`, CONTEXT);
    }
  }

  private runner(signal: PartitionBatch['signal'], buried: Set<string>): HandlerRunner {
    const { group, driver, metrics, logger } = this.options;
    return new HandlerRunner(
      group,
      driver,
      metrics,
      { warn: message => logger.warn(message, CONTEXT) },
      this.rounds,
      signal,
      buried,
    );
  }
}
