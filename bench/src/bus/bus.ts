import { join } from 'node:path';
import { startKafka } from '@countersign/kafka-broker';
import { scaled, type Benchmark, type BenchRun } from '../measure/benchmark.js';
import { figure, type Figure, type FigureParams } from '../measure/figure.js';
import { interleave } from '../measure/interleave.js';
import { withCleanup } from '../platform/cleanup.js';
import { scratchFolder } from '../platform/scratch.js';
import { HANDLERS, measureConsumer, measureRelay } from './measure-bus.js';
import { RawKafka } from './raw-kafka.js';
import { RawPostgres } from './raw-postgres.js';
import { BusWorld } from './world.js';

const EVENTS = 100_000;
const LEAST_WITH_1_MS = 10_000;

interface Baseline {
  readonly publisher: string;
  readonly consumer: string;
  publish(count: number): Promise<number>;
  consume(count: number): Promise<number>;
}

async function measure(driver: string, run: BenchRun, world: BusWorld, baseline: Baseline): Promise<Figure[]> {
  const count = scaled(run, EVENTS, 2_000);
  run.say(`${driver}: warming up`);
  await measureRelay(world, scaled(run, 10_000, 1_000));
  const figures = [
    figure({
      name: `${driver}: outbox to bus`,
      unit: 'events/s',
      subject: 'the relay',
      baseline: baseline.publisher,
      pairs: await interleave(run.repeats, {
        subject: () => measureRelay(world, count),
        baseline: () => baseline.publish(count),
      }),
    }),
  ];
  const absolute: FigureParams['aim'] = ({ measured }) => ({
    text: `>= ${LEAST_WITH_1_MS} events/s`,
    reached: measured.median >= LEAST_WITH_1_MS,
  });
  for (const [name, handler] of Object.entries(HANDLERS)) {
    figures.push(
      figure({
        name: `${driver}: consumer, ${name}`,
        unit: 'events/s',
        subject: 'the consumer runtime',
        baseline: baseline.consumer,
        pairs: await interleave(run.repeats, {
          subject: () => measureConsumer(world, handler, count),
          baseline: () => baseline.consume(count),
        }),
        aim: driver === 'kafka' && name.startsWith('1 ms') ? absolute : undefined,
      }),
    );
  }
  return figures;
}

function onPostgres(run: BenchRun): Promise<Figure[]> {
  return withCleanup(async later => {
    const folder = await scratchFolder(run.config);
    later(folder.remove);
    const world = await BusWorld.open(join(folder.path, 'postgres'), { BUS: 'postgres' });
    later(() => world.close());
    const raw = new RawPostgres(world.admin);
    return measure('postgres', run, world, {
      publisher: 'SQL: rows appended, a thousand in a transaction',
      consumer: 'SQL: rows read in batches and parsed',
      publish: count => raw.publish(count),
      consume: count => raw.consume(count),
    });
  });
}

function onKafka(run: BenchRun): Promise<Figure[]> {
  return withCleanup(async later => {
    const folder = await scratchFolder(run.config);
    later(folder.remove);
    let brokers = run.config.kafkaBrokers?.split(',');
    if (!brokers) {
      const kafka = await startKafka({ dataDir: join(folder.path, 'kafka'), onFetch: text => run.say(text) });
      later(() => kafka.stop());
      ({ brokers } = kafka);
    }
    const world = await BusWorld.open(join(folder.path, 'postgres'), {
      BUS: 'kafka',
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_PREFIX: '',
      BUS_SESSION_TIMEOUT_MS: '15000',
    });
    later(() => world.close());
    const raw = await RawKafka.prepare(brokers);
    return measure('kafka', run, world, {
      publisher: 'kafkajs: idempotent producer, batches of a thousand',
      consumer: 'kafkajs: eachBatch, values parsed, no handler',
      publish: count => raw.publish(count),
      consume: count => raw.consume(count),
    });
  });
}

export const busOnPostgres: Benchmark = {
  name: 'bus-postgres',
  describes: 'events per second through the Postgres driver, against raw SQL',
  run: onPostgres,
};

export const busOnKafka: Benchmark = {
  name: 'bus-kafka',
  describes: 'events per second through the Kafka driver, against raw kafkajs on the same broker',
  run: onKafka,
};
