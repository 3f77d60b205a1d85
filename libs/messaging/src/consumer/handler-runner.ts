import { setTimeout as delay } from 'node:timers/promises';
import type { MessagingMetrics } from '../metrics/messaging-metrics.js';
import { LOST } from '../port/batch-signal.js';
import type { BusDriver, BusRecord, PartitionBatch } from '../port/bus-driver.js';
import type { BatchRounds } from './batch-rounds.js';
import { callHandler, type Received } from './call-handler.js';
import { ANY_HANDLER, toDeadLetter } from './dead-letter.js';
import type { EventHandler } from './event-handlers.js';
import { classify, MAX_ATTEMPTS, retryDelay } from './retry-policy.js';

/** What a handler depends on is away: the run ends, the partition waits. */
export class Outage extends Error {
  override readonly name = 'Outage';
}

/** The partition is another member's in the middle of the retries of an event; that member tries it afresh. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export interface RunnerLog {
  warn(message: string): void;
}

/** Runs handlers by the retry policy. Resolves when the events are handled or dead-lettered. */
export class HandlerRunner {
  constructor(
    private readonly group: string,
    private readonly driver: Pick<BusDriver, 'publish'>,
    private readonly metrics: MessagingMetrics,
    private readonly log: RunnerLog,
    private readonly rounds: BatchRounds,
    private readonly signal: PartitionBatch['signal'],
    /** What is among the dead letters already: passed over when the partition is delivered again before its commit. */
    private readonly buried = new Set<string>(),
  ) {}

  /** @throws Outage, Interrupted */
  async one(handler: EventHandler, received: Received): Promise<void> {
    if (this.buried.has(graveOf(received.record, handler.handler))) return;
    for (let attempt = 1; ; attempt++) {
      const error = await this.attempt(handler, [received], attempt);
      if (!error) return;
      if (await this.giveUp(handler, error.cause, attempt))
        return this.bury(received.record, handler.handler, error.cause, attempt);
    }
  }

  /** A single try. @throws whatever the handler throws */
  async once(handler: EventHandler, received: Received): Promise<void> {
    const error = await this.attempt(handler, [received], 1);
    if (error) throw error.cause;
  }

  /**
   * Hands all events over at once. When that goes on failing they are tried one by one, so that only the one that the
   * handler cannot take is dead-lettered.
   * @throws Outage, Interrupted
   */
  async many(handler: EventHandler, given: readonly Received[]): Promise<void> {
    const received = given.filter(({ record }) => !this.buried.has(graveOf(record, handler.handler)));
    if (received.length === 0) return;
    for (let attempt = 1; ; attempt++) {
      const error = await this.attemptAll(handler, received, attempt);
      if (!error) return;
      if (!(await this.giveUp(handler, error.cause, attempt))) continue;
      if (received.length === 1) return this.bury(received[0]!.record, handler.handler, error.cause, attempt);
      for (const single of received) await this.one(handler, single);
      return;
    }
  }

  /** Sends the record to the dead letters. @throws Outage when the bus does not take it: then it is not done. */
  async bury(record: BusRecord, handler: string, error: unknown, attempts: number): Promise<void> {
    const grave = graveOf(record, handler);
    if (this.buried.has(grave)) return;
    try {
      await this.driver.publish([toDeadLetter(record, { group: this.group, handler, error, attempts })]);
    } catch (cause) {
      throw new Outage('The bus did not take a dead letter', { cause });
    }
    this.buried.add(grave);
    this.metrics.deadLetters.inc({ topic: record.topic, handler: handler === ANY_HANDLER ? 'any' : handler });
    this.log.warn(
      `Dead-lettered ${record.headers['ce_type'] ?? 'a record'} ${record.headers['ce_id'] ?? ''} ` +
        `(${record.topic}[${record.partition}]@${record.offset}) of handler ${handler} after ${attempts} tries: ${String(error)}`,
    );
  }

  private async attempt(
    handler: EventHandler,
    received: readonly Received[],
    attempt: number,
  ): Promise<{ cause: unknown } | undefined> {
    try {
      await callHandler(this.metrics, handler, received, attempt);
      return undefined;
    } catch (cause) {
      return { cause };
    }
  }

  /** The first try is made together with what other partitions have for the handler at this moment. */
  private async attemptAll(
    handler: EventHandler,
    received: readonly Received[],
    attempt: number,
  ): Promise<{ cause: unknown } | undefined> {
    if (attempt > 1) return this.attempt(handler, received, attempt);
    try {
      await this.rounds.call(handler, received);
      return undefined;
    } catch (cause) {
      return { cause };
    }
  }

  /** Whether there is no further try; else it has waited for it. */
  private async giveUp(handler: EventHandler, error: unknown, attempt: number): Promise<boolean> {
    const kind = classify(error);
    if (kind === 'outage')
      throw new Outage(`Handler ${handler.handler} cannot work: ${String(error)}`, { cause: error });
    if (kind === 'hopeless' || attempt >= MAX_ATTEMPTS) return true;
    this.metrics.retries.inc({ handler: handler.handler });
    await delay(retryDelay(attempt));
    if (this.signal.has(LOST)) throw new Interrupted(`Lost the partition between two tries of ${handler.handler}`);
    return false;
  }
}

function graveOf(record: BusRecord, handler: string): string {
  return `${record.offset}#${handler}`;
}

/** Forgets what lies below the offset. */
export function pruneGraves(buried: Set<string>, offset: number): void {
  for (const grave of buried) if (Number.parseInt(grave, 10) < offset) buried.delete(grave);
}
