import { decodeEvent } from '../envelope/envelope-codec.js';
import type { MessagingMetrics } from '../metrics/messaging-metrics.js';
import type { PartitionBatch } from '../port/bus-driver.js';
import type { Received } from './call-handler.js';
import { ANY_HANDLER } from './dead-letter.js';
import type { EventHandler, EventHandlers } from './event-handlers.js';
import type { HandlerRunner } from './handler-runner.js';
import { LaneScheduler, type LaneResult, type LaneStep } from './lane-scheduler.js';

/** One step of a record: handlers of single events, a batch handler, or the dead letters when it cannot be read. */
interface Step extends LaneStep {
  readonly single?: EventHandler;
  readonly unreadable?: unknown;
}

interface Planned {
  readonly steps: readonly Step[];
  readonly received?: Received;
}

export interface RunLimits {
  lanes: number;
  window: number;
  drainMs: number;
}

/** Handles one batch of one partition: plans each record's steps, lets the scheduler order them, commits what is done. */
export class PartitionRun {
  private readonly planned: (Planned | undefined)[];
  private readonly batchHandlers = new Map<string, EventHandler>();

  constructor(
    private readonly batch: PartitionBatch,
    private readonly handlers: EventHandlers,
    private readonly runner: HandlerRunner,
    private readonly limits: RunLimits,
    private readonly metrics: MessagingMetrics,
  ) {
    this.planned = new Array<Planned | undefined>(batch.records.length);
  }

  execute(): Promise<LaneResult> {
    const { records, signal, topic } = this.batch;
    return new LaneScheduler({
      ...this.limits,
      count: records.length,
      signal,
      keyOf: index => records[index]!.key ?? `#${records[index]!.offset}`,
      stepsOf: index => this.plan(index).steps,
      handleOne: (index, step) => this.handleOne(index, step),
      handleMany: (name, indexes) =>
        this.runner.many(
          this.batchHandlers.get(name)!,
          indexes.map(index => this.plan(index).received!),
        ),
      commit: low => this.batch.commit(low < records.length ? records[low]!.offset : records.at(-1)!.offset + 1),
      onBusy: change => this.metrics.lanesBusy.inc(change),
      onStall: () => this.metrics.windowStalls.inc({ topic }),
    }).run();
  }

  private async handleOne(index: number, step: Step): Promise<void> {
    if (step.single) return this.runner.one(step.single, this.plan(index).received!);
    await this.runner.bury(this.batch.records[index]!, ANY_HANDLER, step.unreadable, 1);
  }

  private plan(index: number): Planned {
    return (this.planned[index] ??= this.read(index));
  }

  private read(index: number): Planned {
    const record = this.batch.records[index]!;
    const type = record.headers['ce_type'];
    const handlers = type === undefined ? undefined : this.handlers.of(type);
    // Other services' events on the same topic are passed over unread.
    if (handlers?.length === 0) return { steps: [] };
    try {
      const event = decodeEvent(record.headers, record.value);
      return { steps: (handlers ?? []).map(handler => this.stepOf(handler)), received: { event, record } };
    } catch (error) {
      return { steps: [{ unreadable: error }] };
    }
  }

  private stepOf(handler: EventHandler): Step {
    if (!handler.batch) return { single: handler };
    // One name over several types is one handler's batch only if it is the same method.
    const name = `${handler.type}#${handler.handler}`;
    this.batchHandlers.set(name, handler);
    return { batch: name };
  }
}
