import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { forkConsumer } from '../../test/support/fork-consumer.js';
import { Probe, probeRecord, subjectsIn, TOPIC } from '../../test/support/probe.js';
import { quiet } from '../../test/support/quiet.js';
import { useTestKafka } from '../../test/support/test-kafka.js';
import { createDriver } from '../create-driver.js';
import type { PartitionBatch } from '../port/bus-driver.js';
import { commitOffsets, fetchCommitted } from './group-offsets.js';

const noop = () => undefined;
const kafka = useTestKafka();
const [subject] = subjectsIn(4, 1) as [string];
let probe: Probe;
let topic: string;

beforeEach(async () => {
  probe = await Probe.open(kafka.harness(), { BUS_SESSION_TIMEOUT_MS: 30_000 });
  topic = probe.config.KAFKA_PREFIX + TOPIC;
});
afterEach(() => probe.close());

const publish = (from: number, to: number) =>
  probe.publish(Array.from({ length: to - from }, (_, n) => ({ subject, seq: from + n })));

function reader(
  onBatch: (batch: PartitionBatch) => Promise<void>,
  maxBatch = 500,
  onError: (error: unknown, doing: string) => void = noop,
) {
  return probe.driver.consumer({
    group: 'reader',
    topics: [TOPIC],
    sessionTimeoutMs: 30_000,
    partitionsAtOnce: 1,
    maxBatch,
    onBatch,
    onAssignment: noop,
    onPaused: noop,
    onError,
  });
}

/** Deletes the topic and makes it again, with these events in it. */
async function makeAnew(from: number, to: number): Promise<void> {
  await kafka.admin.deleteTopics({ topics: [topic] });
  const driver = createDriver(probe.config, { service: 'suite', workerUrl: '', logger: quiet });
  const records = Array.from({ length: to - from }, (_, n) => probeRecord({ subject, seq: from + n }));
  await eventually(() => driver.publish(records));
  await driver.close();
}

describe('what was fetched before retention took it', () => {
  it('is still handled, and the next is the oldest that is left', async () => {
    // Two fetches bring two each; no more is asked for until two are handled.
    const send = (kibibytes: number, seqs: number[]) => {
      const value = Buffer.alloc(kibibytes * 1024);
      return probe.driver.publish(seqs.map(seq => ({ ...probeRecord({ subject, seq }), value })));
    };
    await send(400, [0, 1, 2, 3]);
    const outcomes: string[] = [];
    const errors: string[] = [];
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const consumer = reader(
      async batch => {
        const { offset } = batch.records[0]!;
        if (offset === 0) {
          begun.resolve();
          await gate.promise;
        }
        if (offset === 2) await eventually(() => expect(errors.join()).toMatch(/offset 4 of .* \(6 to 8\)/));
        outcomes.push(
          await batch.commit(offset + 1).then(
            () => `${offset} committed`,
            () => `${offset} lost`,
          ),
        );
      },
      1,
      (error, doing) => errors.push(`${doing}: ${String(error)}`),
    );
    await consumer.start();
    await begun.promise;
    await send(300, [4, 5, 6, 7]);
    // kafkajs' admin looks for the leaders among topics that it has met.
    await kafka.admin.fetchTopicOffsets(topic);
    await kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition: 4, offset: '6' }] });
    gate.resolve();
    await eventually(() => expect(outcomes).toEqual([0, 1, 2, 3, 6, 7].map(offset => `${offset} committed`)), 30_000);
    await consumer.stop();
  });
});

describe('a topic that is deleted and made anew with a longer log', () => {
  it('is read from its beginning by a member that was in the middle of the old one', async () => {
    const member = await forkConsumer(probe, { handlerMs: 0 });
    try {
      const arrived = async () => {
        const sql = 'select seq from bus_probe.arrival where subject = $1 order by seq';
        return (await probe.database.admin.query<{ seq: number }>(sql, [subject])).rows.map(({ seq }) => seq);
      };
      await publish(0, 5);
      await eventually(async () => expect(await arrived()).toEqual([0, 1, 2, 3, 4]));
      process.kill(member.pid, 'SIGSTOP');
      await makeAnew(5, 25);
      process.kill(member.pid, 'SIGCONT');
      await eventually(
        async () => expect(await arrived()).toEqual(Array.from({ length: 25 }, (_, seq) => seq)),
        30_000,
      );
    } finally {
      await member.end('SIGKILL');
    }
  });

  it('is read from its beginning by a group that has committed a place in the old one', async () => {
    await publish(0, 5);
    const got: number[] = [];
    const onBatch = async (batch: PartitionBatch) => {
      got.push(...batch.records.map(({ offset }) => offset));
      await batch.commit(batch.records.at(-1)!.offset + 1);
    };
    const first = reader(onBatch);
    await first.start();
    await eventually(() => expect(got).toHaveLength(5));
    await first.stop();
    const link = kafka.newLink();
    const group = `${probe.config.KAFKA_PREFIX}reader`;
    const [committed] = await fetchCommitted(link, group, [{ topic, partition: 4 }]);
    expect(committed).toMatchObject({ offset: 5, log: expect.stringMatching(/^[\w-]{22}$/) as unknown });
    await makeAnew(5, 25);
    // Brokers forget the places of a topic with it; here comes the commit of one who had not heard of that.
    const late = { ...committed!, offset: 5 };
    expect(await commitOffsets(link, group, { memberId: '', generation: -1 }, [late])).toBeUndefined();
    const errors: string[] = [];
    const second = reader(onBatch, 500, (error, doing) => errors.push(`${doing}: ${String(error)}`));
    await second.start();
    await eventually(() => expect(got.slice(5)).toEqual(Array.from({ length: 20 }, (_, offset) => offset)));
    await second.stop();
    expect(errors.join()).toMatch(/made anew/);
  });
});
