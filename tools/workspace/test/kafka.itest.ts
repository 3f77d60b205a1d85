import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { isKafkaRequired, KafkaOfRun, withoutKafka } from '../kafka.mjs';

const folder = mkdtempSync(join(tmpdir(), 'countersign-kafka-of-run-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'test'));
writeFileSync(join(folder, 'test/tls.jvm.kafka-itest.ts'), '');
const plain = { name: 'plain', root: join(folder, 'none') };
const mixed = { name: 'mixed', root: folder };
const brokers = ['127.0.0.1:9092'];
const env = { KAFKA_BROKERS: '127.0.0.1:9092' };

describe('the search for a Kafka', () => {
  it('holds what it found until it is released', async () => {
    const marker = join(folder, 'released');
    const script = `
      console.log(JSON.stringify({ brokers: ['b:1'], rung: 'docker', notes: ['KAFKA_BROKERS cannot be reached'] }));
      process.stdin.resume().on('end', () => require('node:fs').writeFileSync(${JSON.stringify(marker)}, ''));`;
    const kafka = await KafkaOfRun.find([process.execPath, '-e', script]);
    expect(kafka.describe()).toBe('Kafka: KAFKA_BROKERS cannot be reached\nKafka: docker: b:1');
    const ended = new Promise(resolve => kafka.child.once('exit', resolve));
    expect(kafka.child.exitCode).toBeNull();
    kafka.release();
    expect(await ended).toBe(0);
    await vi.waitFor(() => rmSync(marker));
  });

  it('that fails is a Kafka that is not there', async () => {
    expect((await KafkaOfRun.find([process.execPath, '-e', 'process.exit(3)'])).found.reason).toContain('code 3');
    expect((await KafkaOfRun.find([join(folder, 'absent')])).found.reason).toContain('ENOENT');
  });
});

describe('the plan of a suite', () => {
  it('is to run all of it on the broker of the run', () => {
    const kafka = new KafkaOfRun({ brokers, rung: 'jvm' });
    expect(kafka.plan('kafka-itest', mixed, 'shared')).toEqual({ run: { env, args: [] } });
    expect(kafka.plan('kafka-e2e', mixed, 'platform')).toEqual({ run: { env: {}, args: [] } });
    expect(kafka.plan('kafka-faults', mixed, 'own')).toEqual({ run: { env: {}, args: [] } });
  });

  it('leaves out, and names, what starts brokers of its own where that cannot be done', () => {
    const kafka = new KafkaOfRun({ brokers, rung: 'docker', noJvm: 'no Java' });
    expect(kafka.plan('kafka-itest', plain, 'shared')).toEqual({ run: { env, args: [] } });
    expect(kafka.plan('kafka-itest', mixed, 'shared')).toEqual({
      run: { env, args: ['--exclude=**/*.jvm.kafka-itest.ts'] },
      skipped: { suite: 'kafka-itest', what: 'mixed/test/tls.jvm.kafka-itest.ts', reason: 'no Java' },
    });
    expect(kafka.plan('kafka-e2e', plain, 'platform')).toEqual({ run: { env, args: [] } });
    expect(kafka.plan('kafka-faults', plain, 'own')).toEqual({
      skipped: { suite: 'kafka-faults', what: 'kafka-faults of plain', reason: 'no Java' },
    });
  });

  it('is to run nothing without a Kafka', () => {
    const kafka = new KafkaOfRun({ reason: 'no Java', noJvm: 'no Java' });
    for (const use of ['shared', 'platform', 'own']) {
      expect(kafka.plan('kafka-itest', mixed, use)).toEqual({
        skipped: { suite: 'kafka-itest', what: 'kafka-itest of mixed', reason: 'no Java' },
      });
    }
  });
});

describe('what a run without a Kafka says', () => {
  const skipped = [
    { suite: 'kafka-itest', what: 'kafka-itest of messaging', reason: 'Java is missing' },
    { suite: 'kafka-faults', what: 'kafka-faults of platform-e2e', reason: 'Java is missing' },
  ];

  it('names each suite, the reason once, and the commands that get them', () => {
    const { failed, notes } = withoutKafka(skipped, false);
    expect(failed).toBe(0);
    expect(notes).toHaveLength(1);
    for (const part of ['kafka-itest of messaging', 'kafka-faults of platform-e2e', 'apt-get install', 'kafka:fetch'])
      expect(notes[0]).toContain(part);
    expect(notes[0]!.match(/Java is missing/g)).toHaveLength(1);
    expect(notes[0]).toMatch(/npm test -- kafka-itest faults$/);
  });

  it('is a failure for each where they are required', () => {
    expect(withoutKafka(skipped, true).failed).toBe(2);
    expect(withoutKafka([], true)).toEqual({ failed: 0, notes: [] });
  });

  it.each([
    [{ REQUIRE_KAFKA: '1' }, true],
    [{ REQUIRE_KAFKA: 'true' }, true],
    [{ REQUIRE_KAFKA: '0' }, false],
    [{ REQUIRE_KAFKA: '' }, false],
    [{}, false],
  ])('requires them with %j: %s', (environment, expected) => expect(isKafkaRequired(environment)).toBe(expected));
});
