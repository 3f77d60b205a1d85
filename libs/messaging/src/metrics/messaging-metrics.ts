import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { PartitionLag } from '../port/bus-driver.js';

export interface OutboxState {
  depth: number;
  /** Age of the oldest row in seconds. */
  age: number;
}

/** What a scrape asks of the bus and the outbox at that moment; works while the consumer itself does not. */
export interface MetricSources {
  lag(): Promise<PartitionLag[]>;
  outbox(): Promise<OutboxState>;
  heartbeatAgeMs(): number | undefined;
}

/** The Prometheus metrics of a service's side of the bus. Times are seconds. */
export class MessagingMetrics {
  readonly retries: Counter<'handler'>;
  readonly deadLetters: Counter<'topic' | 'handler'>;
  readonly outages: Counter<'topic'>;
  readonly rebalances: Counter;
  readonly assigned: Gauge;
  readonly paused: Gauge;
  readonly lanesBusy: Gauge;
  readonly windowStalls: Counter<'topic'>;
  readonly relayLeader: Gauge;
  readonly relayed: Counter;
  readonly processing: Histogram<'handler' | 'outcome'>;

  constructor(registry: Registry, group: string, sources: MetricSources) {
    const registers = [registry];
    const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
      new Counter({ name: `messaging_${name}`, help, labelNames, registers });
    const gauge = (name: string, help: string, collect?: (this: Gauge) => void | Promise<void>) =>
      new Gauge({ name: `messaging_${name}`, help, registers, collect });

    this.retries = counter('retries_total', 'Further tries of handlers after an error', ['handler']);
    this.deadLetters = counter('dead_letters_total', 'Records that were sent to a dead-letter topic', [
      'topic',
      'handler',
    ]);
    this.outages = counter('outages_total', 'Times that a partition was paused because a dependency is away', [
      'topic',
    ]);
    this.rebalances = counter('rebalances_total', 'Times that the partitions of this member changed');
    this.assigned = gauge('partitions_assigned', 'Partitions that this member holds');
    this.paused = gauge('partitions_paused', 'Partitions of this member that wait for a dependency');
    this.lanesBusy = gauge('lanes_busy', 'Handler calls under way');
    this.windowStalls = counter('window_stalls_total', 'Times that a partition waited for its slowest event', [
      'topic',
    ]);
    this.relayLeader = gauge('relay_leader', '1 while this process relays the outbox');
    this.relayed = counter('relayed_total', 'Events that this process moved from the outbox to the bus');
    this.processing = new Histogram({
      name: 'messaging_process_duration_seconds',
      help: 'Duration of one call of a handler',
      labelNames: ['handler', 'outcome'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    gauge('heartbeat_age_seconds', 'Time since the group last took the heartbeat of this member', function () {
      const age = sources.heartbeatAgeMs();
      if (age !== undefined) this.set(age / 1_000);
    });
    this.registerOutbox(registry, sources);
    this.registerLag(registry, group, sources);
  }

  private registerOutbox(registry: Registry, sources: MetricSources): void {
    const read = shared(() => sources.outbox());
    const gauge = (name: string, help: string, pick: (state: OutboxState) => number) =>
      new Gauge({
        name: `messaging_outbox_${name}`,
        help,
        registers: [registry],
        // A scrape answers what it can: without the database these keep their last values.
        async collect() {
          const state = await read().catch(() => undefined);
          if (state) this.set(pick(state));
        },
      });
    gauge('depth', 'Events that wait in the outbox', state => state.depth);
    gauge('age_seconds', 'Age of the oldest event in the outbox', state => state.age);
  }

  private registerLag(registry: Registry, group: string, sources: MetricSources): void {
    const read = shared(() => sources.lag());
    const gauge = (name: string, help: string, pick: (lag: PartitionLag) => number) =>
      new Gauge({
        name: `messaging_consumer_lag_${name}`,
        help,
        labelNames: ['group', 'topic', 'partition'],
        registers: [registry],
        async collect() {
          for (const lag of await read().catch(() => [])) {
            this.set({ group, topic: lag.topic, partition: String(lag.partition) }, pick(lag));
          }
        },
      });
    gauge('events', 'Events that the group has yet to handle', lag => lag.events);
    gauge('seconds', 'Age of the oldest event that the group has yet to handle', lag => lag.seconds);
  }
}

/** Calls that overlap share one answer: the gauges of one scrape are of one moment and cost one query. */
function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined;
  return () =>
    (pending ??= read().finally(() => {
      pending = undefined;
    }));
}
