import 'reflect-metadata';
import { Socket, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Messaging } from '@countersign/messaging';
import {
  assertMigrated,
  isDatabaseUnavailable,
  serviceDatabase,
  ServicePersistence,
  standardEntities,
} from '@countersign/persistence';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { EnvelopeEncryption } from '../crypto/envelope-encryption.js';
import { startManagementServer } from '../health/management-server.js';
import { createHttpAdapter, prepareHttp } from '../http/http-application.js';
import { IdempotencyKeys } from '../idempotency/idempotency-keys.js';
import { createLogger, NestLogger } from '../logging.js';
import { ServiceRuntime } from '../service-runtime.js';
import type { DataConfig, PlatformConfig, ServiceDefinition } from './define-service.js';
import { PlatformModule, type DataParts } from './platform.module.js';
import { rootModule } from './root-module.js';

/** A service that serves. `stop` drains: no new requests, running ones and handlers finish, offsets are committed. */
export interface RunningService {
  url: string;
  managementUrl: string;
  app: NestFastifyApplication;
  stop(): Promise<void>;
}

/** Longest time that running requests get to finish at a stop, in milliseconds. */
const DRAIN_MS = 3_000;
/** Longest time that a stop may take before the process ends anyway, in milliseconds. */
const STOP_DEADLINE_MS = 15_000;
const HOUSEKEEPING_MS = 3_600_000;

/** Runs a service as this process: starts it, and ends it on SIGTERM, SIGINT or when the supervisor's pipe closes. */
export async function bootstrapService(service: ServiceDefinition, config: PlatformConfig): Promise<void> {
  const logger = new NestLogger(createLogger(service.name, config.LOG_LEVEL));
  let running: RunningService | undefined;
  let stopping = false;
  const stop = (reason: string) => {
    if (stopping) return;
    stopping = true;
    logger.log(`Stopping: ${reason}`, 'bootstrap');
    // Nothing has been taken on yet that would have to be drained.
    if (!running) process.exit(0);
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error(error, 'bootstrap');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  if (config.SUPERVISOR_PIPE_FD !== undefined)
    watchPipe(config.SUPERVISOR_PIPE_FD, () => stop('the supervisor is gone'));
  try {
    running = await startService(service, config, logger);
  } catch (error) {
    logger.fatal(error, 'bootstrap');
    process.exit(1);
  }
}

/**
 * A socket, not a file stream: that one would keep a thread of the pool in a blocking read, from which not even
 * process.exit returns.
 */
function watchPipe(fd: number, closed: () => void): void {
  const pipe = new Socket({ fd, readable: true, writable: false });
  pipe.on('end', closed).on('error', closed).on('close', closed).resume();
}

/** Starts a service in this process, without touching signals. */
export async function startService(
  service: ServiceDefinition,
  config: PlatformConfig,
  logger = new NestLogger(createLogger(service.name, config.LOG_LEVEL)),
): Promise<RunningService> {
  const runtime = await ServiceRuntime.create(service.name, config);
  const management = await startManagementServer(
    config.HOST,
    config.MANAGEMENT_PORT,
    runtime.readiness,
    runtime.metrics,
  );
  let data: DataParts | undefined;
  try {
    data = service.database ? await openData(service, config as DataConfig, runtime, logger) : undefined;
    const app = await NestFactory.create<NestFastifyApplication>(
      rootModule(
        service.module,
        PlatformModule.register(service.database !== undefined, () => ({ config, runtime, data })),
      ),
      createHttpAdapter(),
      { logger, bodyParser: false, abortOnError: false },
    );
    prepareHttp(app);
    await service.prepare?.(app);
    if (data) {
      app.connectMicroservice({ strategy: data.messaging.strategy }, { inheritAppConfig: true });
      await app.startAllMicroservices();
    }
    await app.listen(config.PORT, config.HOST);
    runtime.start();
    await data?.messaging.start();
    const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
    logger.log(`${service.name} listens on ${config.HOST}:${port}`, 'bootstrap');
    const parts = data;
    const housekeeping = parts && keepHouse(parts, logger);
    return {
      url: `http://${hostInUrl(config.HOST)}:${port}`,
      managementUrl: `http://${hostInUrl(config.HOST)}:${management.port}`,
      app,
      stop: async () => {
        runtime.readiness.draining = true;
        clearInterval(housekeeping);
        await parts?.messaging.stop();
        await closeHttp(app);
        await runtime.stop();
        await parts?.persistence.close();
        await management.close();
      },
    };
  } catch (error) {
    await runtime.stop();
    await data?.messaging.stop().catch(() => undefined);
    await data?.persistence.close();
    await management.close();
    throw error;
  }
}

/**
 * Lets running requests finish. Node does not count a connection on which no request was ever sent as idle (clients open
 * such after an abort): it would hold the stop up for a minute, so what is left after a while is cut off.
 */
async function closeHttp(app: NestFastifyApplication): Promise<void> {
  const server = app.getHttpServer() as { closeAllConnections(): void };
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}

async function openData(
  service: ServiceDefinition,
  config: DataConfig,
  runtime: ServiceRuntime,
  logger: NestLogger,
): Promise<DataParts> {
  const { entities, migrations } = service.database!;
  const persistence = await untilReachable(runtime, logger, () =>
    ServicePersistence.open(config, {
      service: service.name,
      schema: serviceDatabase(service.name).schema,
      entities: [...standardEntities, ...entities],
    }),
  );
  try {
    await assertMigrated(persistence.worker, migrations);
    const messaging = Messaging.create({
      service: service.name,
      config,
      persistence,
      workerUrl: config.DATABASE_WORKER_URL,
      metrics: runtime.metrics,
      logger,
    });
    runtime.readiness.add({ name: 'database', check: () => persistence.uow.ping().then(() => undefined) });
    runtime.readiness.add({ name: 'bus', check: () => messaging.readiness() });
    return { persistence, messaging, encryption: EnvelopeEncryption.fromFile(config.ENVELOPE_KEY_FILE) };
  } catch (error) {
    await persistence.close();
    throw error;
  }
}

/** Waits for the database, saying so in the log and on /readyz: a start order among machines must not matter. */
async function untilReachable<T>(runtime: ServiceRuntime, logger: NestLogger, open: () => Promise<T>): Promise<T> {
  let reason: string | undefined;
  runtime.readiness.add({ name: 'database_reached', check: () => Promise.resolve(reason) });
  for (;;) {
    try {
      const opened = await open();
      reason = undefined;
      return opened;
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      reason = `the database cannot be reached: ${error instanceof Error ? error.message : String(error)}`;
      logger.warn(`Waiting: ${reason}`, 'bootstrap');
      await delay(1_000);
    }
  }
}

/** Hourly, by every replica: a delete that finds nothing costs nothing. */
function keepHouse({ persistence }: DataParts, logger: NestLogger): NodeJS.Timeout {
  const keys = new IdempotencyKeys(persistence.uow);
  const expire = () => {
    keys
      .expire()
      .catch((error: unknown) => logger.warn(`Expired idempotency keys stay: ${String(error)}`, 'bootstrap'));
  };
  return setInterval(expire, HOUSEKEEPING_MS).unref();
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
