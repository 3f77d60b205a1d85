import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './runtime.mjs';

const HOLD = [process.execPath, join(root, 'tools/kafka/dist/main.js'), 'kafka:hold'];
/** Test files that start brokers of their own, with settings of their own: for them a Kafka somewhere else will not do. */
const JVM_FILES = '**/*.jvm.kafka-itest.ts';

/**
 * The Kafka of a whole run of the test command, looked for once: a broker that KAFKA_BROKERS names, one in a container, or
 * one of our own (tools/kafka). `found` has its `brokers`, its `rung` and `notes` on the better ones, or the `reason` why there
 * is none; and `noJvm`, when no broker of our own can be started.
 */
export class KafkaOfRun {
  constructor(found, child) {
    this.found = found;
    this.child = child;
  }

  /** @param command answers with one line of JSON, and holds the broker until its input ends */
  static async find(command = HOLD) {
    const child = spawn(command[0], command.slice(1), { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => undefined);
    const ended = new Promise(resolve => {
      const report = how => resolve({ reason: `the search for a broker failed: ${how}` });
      child.once('error', error => report(error.message));
      child.once('close', code => report(`it ended with code ${code}, see above`));
    });
    const line = new Promise(resolve => createInterface({ input: child.stdout }).once('line', resolve));
    return new KafkaOfRun(await Promise.race([line.then(text => JSON.parse(text)), ended]), child);
  }

  describe() {
    const { brokers, rung, notes = [], reason } = this.found;
    return [...notes, brokers ? `${rung}: ${brokers.join()}` : `none: ${reason}`]
      .map(line => `Kafka: ${line}`)
      .join('\n');
  }

  /**
   * How a suite of a project is to be run.
   * @param use `shared`: on this broker; `platform`: on one that the platform under test starts, or else on this; `own`: it
   *   starts and kills brokers
   * @returns what of it is skipped and why; `run` is absent when that is all
   */
  plan(suite, project, use) {
    const { brokers, noJvm, reason = noJvm } = this.found;
    if (!brokers || (use === 'own' && noJvm))
      return { skipped: { suite, what: `${suite} of ${project.name}`, reason } };
    if (use !== 'shared' && !noJvm) return { run: { env: {}, args: [] } };
    const env = { KAFKA_BROKERS: brokers.join() };
    const files = noJvm ? globSync(JVM_FILES, { cwd: project.root, exclude: ['node_modules', 'dist'] }) : [];
    if (files.length === 0) return { run: { env, args: [] } };
    const skipped = { suite, what: `${files.map(file => `${project.name}/${file}`).join(', ')}`, reason: noJvm };
    return { run: { env, args: [`--exclude=${JVM_FILES}`] }, skipped };
  }

  release() {
    this.child.stdin.end();
  }
}

const REMEDY = [
  'Debian, Ubuntu: apt-get install default-jre-headless maven && npm run kafka:fetch (once, with a network)',
  'most of them with a Docker engine running, or a Kafka of your own: KAFKA_BROKERS=host:port',
];

/**
 * What is counted and said of the suites that had no Kafka to run on: nothing failed, unless the run demands them.
 * @param skipped as `plan` answers it
 */
export function withoutKafka(skipped, isRequired) {
  if (skipped.length === 0) return { failed: 0, notes: [] };
  const heading = isRequired
    ? 'failed, because REQUIRE_KAFKA is set and they have no Kafka:'
    : 'skipped, for want of a Kafka:';
  const lines = [
    heading,
    ...skipped.map(({ what }) => `  ${what}`),
    ...new Set(skipped.map(({ reason }) => `why: ${reason}`)),
    ...REMEDY.map(remedy => `to get them: ${remedy}`),
    `then: npm test -- ${[...new Set(skipped.map(({ suite }) => stageOf(suite)))].join(' ')}`,
  ];
  return { failed: isRequired ? skipped.length : 0, notes: [lines.join('\n  ')] };
}

function stageOf(suite) {
  return suite === 'kafka-faults' ? 'faults' : suite;
}

/** REQUIRE_KAFKA: 1 or true. */
export function isKafkaRequired(env) {
  return ['1', 'true'].includes(env.REQUIRE_KAFKA ?? '');
}
