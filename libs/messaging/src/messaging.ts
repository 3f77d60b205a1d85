import { serviceDatabase, type ServicePersistence } from '@countersign/persistence';
import type { LoggerService } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { createDriver } from './create-driver.js';
import { EventConsumer } from './consumer/event-consumer.js';
import { EventServer } from './consumer/event-server.js';
import { expireInbox } from './inbox/expire-inbox.js';
import { forgetEffects } from './inbox/forget-effects.js';
import { Inbox } from './inbox/inbox.js';
import type { MessagingConfig } from './messaging.config.js';
import { MessagingMetrics, type OutboxState } from './metrics/messaging-metrics.js';
import { MessagingOperations } from './operations/messaging-operations.js';
import { Outbox } from './outbox/outbox.js';
import { Relay } from './outbox/relay.js';
import type { BusDriver } from './port/bus-driver.js';

export interface MessagingOptions {
  /** The service's name: source of its events and name of its consumer group. */
  service: string;
  config: MessagingConfig;
  persistence: ServicePersistence;
  /** URL of the worker role, for connections of the bus's own. */
  workerUrl: string;
  metrics: Registry;
  logger: LoggerService;
}

interface Parts {
  service: string;
  outbox: Outbox;
  inbox: Inbox;
  strategy: EventServer;
  operations: MessagingOperations;
  driver: BusDriver;
  relay: Relay;
  consumer: EventConsumer;
  sessionTimeoutMs: number;
}

/**
 * A service's side of the bus, for the platform's bootstrap: connect `strategy` as a microservice before the application
 * listens, `start` when all is up, `stop` before it closes.
 */
export class Messaging {
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  readonly strategy: EventServer;
  readonly operations: MessagingOperations;
  private started = false;
  private stopped?: Promise<void>;

  private constructor(private readonly parts: Parts) {
    this.outbox = parts.outbox;
    this.inbox = parts.inbox;
    this.strategy = parts.strategy;
    this.operations = parts.operations;
  }

  static create(options: MessagingOptions): Messaging {
    const { service, config, persistence, workerUrl, logger } = options;
    const { uow } = persistence;
    const driver = createDriver(config, { service, workerUrl, logger });
    const metrics = new MessagingMetrics(options.metrics, service, {
      lag: () => driver.lag(service),
      outbox: () => outboxState(persistence),
      heartbeatAgeMs: () => consumer.heartbeatAgeMs(),
    });
    const strategy = new EventServer(() => consumer.stop());
    const consumer: EventConsumer = new EventConsumer({
      group: service,
      driver,
      handlers: strategy.handlers,
      metrics,
      logger,
      sessionTimeoutMs: config.BUS_SESSION_TIMEOUT_MS,
      partitionsAtOnce: config.BUS_PARTITIONS_AT_ONCE,
      lanes: config.BUS_LANES,
      window: config.BUS_WINDOW,
    });
    const retentionMs = config.BUS_RETENTION_HOURS * 3_600_000;
    const relay = new Relay({
      service,
      schema: serviceDatabase(service).schema,
      workerUrl,
      driver,
      metrics,
      logger,
      notify: channel => persistence.worker.query('select pg_notify($1, $2)', [channel, '']),
      maintain: async () => {
        await driver.expire(retentionMs);
        await expireInbox(uow, retentionMs);
      },
    });
    return new Messaging({
      service,
      outbox: new Outbox({ service, onCommitted: () => relay.wake() }),
      inbox: new Inbox(uow),
      strategy,
      operations: new MessagingOperations(
        service,
        driver,
        topic => consumer.topics.includes(topic),
        letter => consumer.redrive(letter),
        topic => forgetEffects(uow, strategy.handlers.namesFor(topic)),
      ),
      driver,
      relay,
      consumer,
      sessionTimeoutMs: config.BUS_SESSION_TIMEOUT_MS,
    });
  }

  /** Begins to relay and to consume. Does not fail when the bus is away: it goes on trying, and `readiness` says so. */
  async start(): Promise<void> {
    this.started = true;
    const { driver, relay, consumer, service } = this.parts;
    driver.open(service, consumer.topics);
    relay.start();
    await consumer.start();
  }

  /** Drains within 5 s: no more fetches, running handlers finish, offsets are committed, the group is left. */
  stop(): Promise<void> {
    this.stopped ??= this.shutDown();
    return this.stopped;
  }

  /** Undefined when ready, else the reason. Lag is no reason: it is an alert. */
  async readiness(): Promise<string | undefined> {
    const { relay, consumer, driver, sessionTimeoutMs } = this.parts;
    if (!this.started) return 'the bus has not been started yet';
    if (driver.problem) return driver.problem;
    if (relay.problem) return relay.problem;
    if (consumer.topics.length === 0) return undefined;
    const age = consumer.heartbeatAgeMs();
    if (age === undefined) return 'the consumer has not joined its group yet';
    return age > 3 * sessionTimeoutMs
      ? `the consumer has had no heartbeat for ${Math.round(age / 1_000)} s`
      : undefined;
  }

  private async shutDown(): Promise<void> {
    const { consumer, relay, driver } = this.parts;
    await consumer.stop();
    await relay.stop();
    await driver.close();
  }
}

async function outboxState({ uow }: ServicePersistence): Promise<OutboxState> {
  const [row] = await uow.system('outbox metrics', tx =>
    tx.query<{ depth: number; age: string }>(
      `select count(*)::int as depth, coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0) as age from outbox`,
    ),
  );
  return { depth: row!.depth, age: Number(row!.age) };
}
