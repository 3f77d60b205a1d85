import { DeliveryFailed, type EventEnvelope } from '@countersign/contracts';
import { serviceDatabase, ServicePersistence } from '@countersign/persistence';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Registry } from 'prom-client';
import type { MessagingConfig } from '../../src/messaging.config.js';
import { connectStrategy, consumerClass } from './probe-consumer.ts';

/** Plain node runs no source with decorators or parameter properties, so this process takes the lib as it is built. */
const built = new URL('../../dist/index.js', import.meta.url).href;
const { Messaging } = (await import(built)) as typeof import('../../src/index.js');

/** What the parent gives as the only argument, as JSON. */
export interface ConsumerProcessOptions {
  service: string;
  appUrl: string;
  workerUrl: string;
  config: MessagingConfig;
  /** Longest time that a handler takes, in milliseconds; each takes a random part of it. */
  handlerMs: number;
  /** Handlers of this subject never end. */
  hangs?: string;
}

/**
 * A member of the probe's consumer group in a process of its own, run by plain node from the built lib. Each handler call
 * writes an `arrival`. Sends `joined` to its parent; SIGTERM stops it as a service's bootstrap does.
 */
async function main(options: ConsumerProcessOptions): Promise<void> {
  const { service, appUrl, workerUrl } = options;
  const persistence = await ServicePersistence.open(
    {
      DATABASE_URL: appUrl,
      DATABASE_WORKER_URL: workerUrl,
      DATABASE_POOL_MAX: 10,
      DATABASE_STATEMENT_TIMEOUT_MS: 15_000,
    },
    { service, schema: serviceDatabase(service).schema, entities: [] },
  );
  const pool = new pg.Pool({
    connectionString: workerUrl,
    max: 10,
    options: `-c search_path=${serviceDatabase(service).schema}`,
  });
  const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
  const metrics = new Registry();
  const messaging = Messaging.create({ service, config: options.config, persistence, workerUrl, metrics, logger });
  const one = async (event: EventEnvelope) => {
    await pool.query({
      name: 'arrive',
      text: `insert into arrival (tenant_id, subject, seq, handler, event_id, member) values ($1, $2, $3, 'probe', $4, $5)`,
      values: [
        event.tenantId,
        event.subject,
        (event.data as { attempts: number }).attempts,
        event.id,
        String(process.pid),
      ],
    });
    if (event.subject === options.hangs) await new Promise(() => undefined);
    if (options.handlerMs > 0) await delay(Math.random() * options.handlerMs);
  };
  const app = await connectStrategy(messaging.strategy, [
    consumerClass([{ type: DeliveryFailed.type, handler: 'probe', one }]),
  ]);
  await messaging.start();
  process.once('SIGTERM', () => {
    void messaging
      .stop()
      .then(() => app.close())
      .then(() => process.exit(0));
  });
  while ((await messaging.readiness()) !== undefined) await delay(5);
  process.send!('joined');
}

await main(JSON.parse(process.argv[2]!) as ConsumerProcessOptions);
