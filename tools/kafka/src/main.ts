import { join } from 'node:path';
import { isFree } from '@countersign/local-server';
import { readCommandConfig } from './config.js';
import { fetchKafka, kafkaVersion } from './jars.js';
import { prepareJvm } from './jvm.js';
import { LOOPBACK } from './properties.js';
import { startKafka } from './start-kafka.js';
import { startTestKafka } from './test-run/test-kafka.js';

const DATA = '.countersign/kafka-dev';
const WORKSPACE = join(import.meta.dirname, '../../..');

/** `npm run kafka`, `npm run kafka:fetch`, and `kafka:hold` for the test command. */
const commands: Record<string, () => Promise<void>> = { kafka: serve, 'kafka:fetch': fetch, 'kafka:hold': hold };

async function fetch(): Promise<void> {
  await fetchKafka(say);
  console.log(`The jars of Apache Kafka ${await kafkaVersion()} are here; its broker starts without a network.`);
}

function say(text: string): void {
  console.log(text);
}

/** A broker for a developer, which keeps its data. */
async function serve(): Promise<void> {
  const { port } = readCommandConfig();
  if (!(await isFree(LOOPBACK, port)))
    throw new Error(
      `Port ${port} on ${LOOPBACK} is in use by another program. Choose one: KAFKA_PORT=29092 npm run kafka`,
    );
  const kafka = await startKafka({ dataDir: join(WORKSPACE, DATA), port, onFetch: say });
  const [address] = kafka.brokers;
  console.log(
    [
      '',
      `Apache Kafka ${await kafkaVersion()} is ready:  ${address}`,
      '',
      `  For a shell           export KAFKA_BROKERS=${address}`,
      `  The platform on it    BUS=kafka KAFKA_BROKERS=${address} npm start`,
      `  Data, log             ${DATA}`,
      '  Stop                  Ctrl-C',
      '',
    ].join('\n'),
  );
  const ended = await Promise.race([wishToStop().then(() => undefined), kafka.exited]);
  if (ended !== undefined) throw new Error(`The broker has ended (${ended}); its log is ${kafka.logFile}`);
  await kafka.stop();
  console.log('Kafka has stopped');
}

/** Ctrl-C, SIGTERM, the closed terminal, or the end of the process that started this one, which may be npm's shell. */
function wishToStop(): Promise<void> {
  const parent = process.ppid;
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    setInterval(() => {
      if (process.ppid !== parent) resolve();
    }, 500);
  });
}

/**
 * One broker for many suites: says on a line of JSON what there is, or why there is none, and whether others can be started;
 * goes on until its input ends.
 */
async function hold(): Promise<void> {
  const found = await startTestKafka().catch((error: unknown) => ({ reason: messageOf(error) }));
  const noJvm = await prepareJvm().then(() => undefined, messageOf);
  console.log(JSON.stringify({ ...found, noJvm }));
  for await (const _ of process.stdin);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  const command = commands[process.argv[2] ?? ''];
  if (!command) throw new Error(`Commands: ${Object.keys(commands).join(', ')}`);
  await command();
  process.exit(0);
} catch (error) {
  console.error(messageOf(error));
  process.exit(1);
}
