import { DeliveryFailed, PARTITIONS, type EventEnvelope } from '@countersign/contracts';
import { childTraceparent, tenantId, uuid7, type TenantId } from '@countersign/kernel';
import { serviceDatabase, ServicePersistence } from '@countersign/persistence';
import { Registry } from 'prom-client';
import { createDriver } from '../../src/create-driver.js';
import { encodeHeaders } from '../../src/envelope/envelope-codec.js';
import { Messaging } from '../../src/messaging.js';
import { messagingConfig, type MessagingConfig } from '../../src/messaging.config.js';
import { partitionOf } from '../../src/outbox/partitioner.js';
import type { BusDriver, NewRecord } from '../../src/port/bus-driver.js';
import { connectStrategy, consumerClass, type ProbeHandler } from './probe-consumer.js';
import { quiet } from './quiet.js';
import { openProbeDatabase, PROBE, type BusSchema, type ProbeDatabase } from './probe-database.js';

/** How a driver is put under the suite. */
export interface BusHarness {
  /** Environment that chooses the driver. */
  config: Partial<Record<keyof MessagingConfig, string | number>>;
  schemas: readonly BusSchema[];
  /** The shortest session that the bus takes (milliseconds). */
  leastSessionMs: number;
}

/** A bus of one test alone, which it takes away from everybody and gives back as it was. */
export interface BreakableBus {
  harness: BusHarness;
  takeAway(probe: Probe): Promise<void>;
  giveBack(probe: Probe): Promise<void>;
  close(): Promise<void>;
}

/** A running service of the suite: one member of the group and one candidate for the relay. */
export interface ProbeService {
  messaging: Messaging;
  metrics: Registry;
  log: string[];
  stop(): Promise<void>;
}

/** The event that the suite sends: `attempts` carries the number of the event within its key. */
export const ProbeEvent = DeliveryFailed;
export const TOPIC = ProbeEvent.topic;
export const TENANT = tenantId('acme');

export const seqOf = (event: EventEnvelope): number => (event.data as { attempts: number }).attempts;

/** The world of one test: a database, a bus, and what runs on them. */
export class Probe {
  readonly services: ProbeService[] = [];
  private readonly persistences: ServicePersistence[] = [];
  private constructor(
    readonly database: ProbeDatabase,
    readonly config: MessagingConfig,
    readonly driver: BusDriver,
  ) {}

  static async open(harness: BusHarness, overrides: Partial<MessagingConfig> = {}): Promise<Probe> {
    const database = await openProbeDatabase(harness.schemas);
    const config = { ...messagingConfig.parse({ BUS_SESSION_TIMEOUT_MS: 2_000, ...harness.config }), ...overrides };
    return new Probe(
      database,
      config,
      createDriver(config, { service: 'suite', workerUrl: database.workerUrl, logger: quiet }),
    );
  }

  async persistence(poolMax = 10): Promise<ServicePersistence> {
    const { appUrl, workerUrl } = this.database;
    const persistence = await ServicePersistence.open(
      {
        DATABASE_URL: appUrl,
        DATABASE_WORKER_URL: workerUrl,
        DATABASE_POOL_MAX: poolMax,
        DATABASE_STATEMENT_TIMEOUT_MS: 15_000,
      },
      { service: PROBE, schema: serviceDatabase(PROBE).schema, entities: [] },
    );
    this.persistences.push(persistence);
    return persistence;
  }

  /** A service that is set up but not started. */
  async prepare(
    handlers: readonly ProbeHandler[] | ((messaging: Messaging) => readonly ProbeHandler[]),
    overrides: Partial<MessagingConfig> = {},
  ): Promise<ProbeService> {
    const persistence = await this.persistence();
    const metrics = new Registry();
    const log: string[] = [];
    const write = (message: unknown) => void log.push(String(message));
    const messaging = Messaging.create({
      service: PROBE,
      config: { ...this.config, ...overrides },
      persistence,
      workerUrl: this.database.workerUrl,
      metrics,
      logger: { log: write, warn: write, error: write },
    });
    const app = await connectStrategy(messaging.strategy, [
      consumerClass(typeof handlers === 'function' ? handlers(messaging) : handlers),
    ]);
    const service: ProbeService = {
      messaging,
      metrics,
      log,
      stop: async () => {
        await messaging.stop();
        await app.close();
        if (persistence.app.isInitialized) await persistence.close();
      },
    };
    this.services.push(service);
    return service;
  }

  async service(...args: Parameters<Probe['prepare']>): Promise<ProbeService> {
    const service = await this.prepare(...args);
    await service.messaging.start();
    return service;
  }

  /** Records of the probe event straight onto the bus, `seq` counting within each subject. */
  async publish(events: readonly { subject: string; seq: number; tenant?: TenantId }[]): Promise<void> {
    for (let at = 0; at < events.length; at += 1_000) {
      await this.driver.publish(events.slice(at, at + 1_000).map(event => probeRecord(event)));
    }
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.stop();
    for (const persistence of this.persistences) if (persistence.app.isInitialized) await persistence.close();
    await this.driver.close();
    await this.database.close();
  }
}

export function probeData(seq: number) {
  return {
    deliveryId: 'dlv_probe',
    endpointId: 'ep_probe',
    hook: 'postCreateUser',
    userId: null,
    attempts: seq,
    reason: null,
  };
}

export function probeRecord(event: { subject: string; seq: number; tenant?: TenantId }): NewRecord {
  const { subject, seq, tenant = TENANT } = event;
  const key = `${tenant}/${subject}`;
  const id = uuid7();
  const headers = encodeHeaders({
    id,
    type: ProbeEvent.type,
    version: ProbeEvent.version,
    source: 'suite',
    time: new Date().toISOString(),
    tenantId: tenant,
    subject,
    traceparent: childTraceparent(),
    correlationId: id,
    actor: { type: 'system', id: 'suite' },
  });
  return {
    topic: TOPIC,
    partition: partitionOf(key, PARTITIONS),
    key,
    headers,
    value: Buffer.from(JSON.stringify(probeData(seq))),
  };
}

/** For a test that waits until a session is over: one that is as short as the bus takes, but no less than 2 s. */
export function openBrief(harness: () => BusHarness): Promise<Probe> {
  const bus = harness();
  return Probe.open(bus, { BUS_SESSION_TIMEOUT_MS: Math.max(2_000, bus.leastSessionMs) });
}

/** `count` subjects whose keys all lie in the given partition. */
export function subjectsIn(partition: number, count: number): string[] {
  const found: string[] = [];
  for (let n = 0; found.length < count; n++) {
    if (partitionOf(`${TENANT}/s${n}`, PARTITIONS) === partition) found.push(`s${n}`);
  }
  return found;
}

/** Every pair that is out of order at its first delivery: the subject and the two numbers. */
export function disorder(arrivals: readonly { subject: string; seq: number }[]): string[] {
  const last = new Map<string, number>();
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (const { subject, seq } of arrivals) {
    if (seen.has(`${subject} ${seq}`)) continue;
    seen.add(`${subject} ${seq}`);
    const before = last.get(subject) ?? -1;
    if (seq <= before) wrong.push(`${subject}: ${seq} after ${before}`);
    else last.set(subject, seq);
  }
  return wrong;
}
