import { connect } from 'node:net';
import { join } from 'node:path';
import { shareInRun } from '@countersign/local-server';
import { readConfig } from '../config.js';
import { startKafka } from '../start-kafka.js';

/** A Kafka for tests; nobody has to stop it, and other tests are on it too: prefix topics and groups. */
export interface TestKafka {
  /** `host:port` of each. */
  readonly brokers: string[];
  /** Where it comes from: KAFKA_BROKERS, a container, or a broker of our own. */
  readonly rung: 'given' | 'docker' | 'jvm';
  /** Why each better way did not come off. */
  readonly notes: string[];
}

let shared: Promise<TestKafka> | undefined;

/** The broker of this test run: all of its files share it, and it ends with the run's process, also when that is killed. */
export function startTestKafka(): Promise<TestKafka> {
  return (shared ??= shareInRun({ name: 'kafka', patienceMs: 180_000, start, answers }));
}

async function start(folder: string, runPid: number): Promise<TestKafka> {
  const notes: string[] = [];
  const { brokers } = readConfig();
  if (brokers) {
    const given: TestKafka = { brokers, rung: 'given', notes };
    if (await answers(given)) return given;
    notes.push(`KAFKA_BROKERS=${brokers.join()} cannot be reached`);
  }
  const broker = await startKafka({ dataDir: join(folder, 'data'), owner: runPid, removeWithOwner: [folder] });
  return { brokers: broker.brokers, rung: 'jvm', notes };
}

/** Whether one of its brokers can be connected to: a given one may want TLS, so nothing is said. */
async function answers({ brokers }: TestKafka): Promise<boolean> {
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
