import { connect } from 'node:net';
import { join } from 'node:path';
import { climb, removeWith, shareInRun, startContainer } from '@countersign/local-server';
import { readConfig } from '../config.js';
import { startKafka } from '../start-kafka.js';

/** The default of testcontainers' module: its broker is configured by what this image runs at its start. */
const IMAGE = 'confluentinc/cp-kafka:8.3.0';
/** A pull of half a gigabyte at worst; less than what a file of tests waits for its first hook. */
const CONTAINER_PATIENCE_MS = 100_000;

/** Half of what brokers take otherwise, so that tests that wait for the end of a session are sooner done (milliseconds). */
const LEAST_SESSION_MS = 3_000;

/** A Kafka for tests; nobody has to stop it, and other tests are on it too: prefix topics and groups. */
export interface TestKafka {
  /** `host:port` of each. */
  readonly brokers: string[];
  /** Where it comes from: KAFKA_BROKERS, a container, or a broker of our own. */
  readonly rung: 'given' | 'docker' | 'jvm';
  /** Why each better way that is there did not come off. */
  readonly notes: string[];
}

let shared: Promise<TestKafka> | undefined;

/** The broker of this test run: all of its files share it, and it ends with the run's process, also when that is killed. */
export function startTestKafka(): Promise<TestKafka> {
  return (shared ??= shareInRun({
    name: 'kafka',
    patienceMs: 300_000,
    start,
    answers: ({ brokers }: TestKafka) => anyAnswers(brokers),
  }));
}

async function start(folder: string, runPid: number): Promise<TestKafka> {
  const { rung, value, notes } = await climb<TestKafka['rung'], string[]>([
    { name: 'given', open: given },
    { name: 'docker', open: () => inContainer(runPid) },
    { name: 'jvm', open: () => ofOurOwn(folder, runPid) },
  ]);
  // Our own broker takes it along.
  if (rung !== 'jvm') removeWith(runPid, folder);
  return { brokers: value, rung, notes };
}

async function given(): Promise<string[] | undefined> {
  const { brokers } = readConfig();
  if (brokers && !(await anyAnswers(brokers))) throw new Error(`KAFKA_BROKERS=${brokers.join()} cannot be reached`);
  return brokers;
}

async function inContainer(runPid: number): Promise<string[] | undefined> {
  const request = { kind: 'kafka', image: IMAGE, runPid, patienceMs: CONTAINER_PATIENCE_MS } as const;
  return (await startContainer<{ brokers: string[] }>(request))?.brokers;
}

async function ofOurOwn(folder: string, runPid: number): Promise<string[]> {
  const settings = { 'group.min.session.timeout.ms': String(LEAST_SESSION_MS) };
  const options = { dataDir: join(folder, 'data'), owner: runPid, removeWithOwner: [folder], settings };
  return (await startKafka(options)).brokers;
}

/** Whether one of them can be connected to: a given one may want TLS, so nothing is said. */
async function anyAnswers(brokers: readonly string[]): Promise<boolean> {
  return (await Promise.all(brokers.map(canConnect))).some(Boolean);
}

function canConnect(broker: string): Promise<boolean> {
  const [, host, port] = /^(.*):(\d+)$/.exec(broker) ?? [];
  if (host === undefined) return Promise.resolve(false);
  return new Promise(resolve => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port: Number(port) });
    const settle = (can: boolean) => {
      socket.destroy();
      resolve(can);
    };
    socket.setTimeout(5_000, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('connect', () => settle(true));
  });
}
