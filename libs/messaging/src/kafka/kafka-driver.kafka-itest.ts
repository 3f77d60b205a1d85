import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { Probe, ProbeEvent, probeRecord, seqOf, subjectsIn, TOPIC } from '../../test/support/probe.js';
import { useTestKafka } from '../../test/support/test-kafka.js';
import type { ConsumerOptions, PartitionBatch } from '../port/bus-driver.js';

const noop = () => undefined;
const MEBIBYTE = 1024 * 1024;
const kafka = useTestKafka();

describe('the kafka driver', () => {
  let probe: Probe;
  const warnings: string[] = [];
  const onWarning = ({ name }: Error) => void warnings.push(name);
  beforeAll(() => {
    process.on('warning', onWarning);
    return () => process.off('warning', onWarning);
  });
  beforeEach(async () => {
    probe = await Probe.open(kafka.harness());
    return () => probe.close();
  });

  const consumer = (options: Partial<ConsumerOptions> & Pick<ConsumerOptions, 'onBatch'>) =>
    probe.driver.consumer({
      group: 'reader',
      topics: [TOPIC],
      sessionTimeoutMs: 2_000,
      partitionsAtOnce: 2,
      maxBatch: 500,
      onAssignment: noop,
      onPaused: noop,
      onError: noop,
      ...options,
    });
  const commitAll = (batch: PartitionBatch) => batch.commit(batch.records.at(-1)!.offset + 1);
  const publish = (subject: string, from: number, to: number) =>
    probe.publish(Array.from({ length: to - from }, (_, n) => ({ subject, seq: from + n })));

  it('takes no more into memory at a time than large records may be, and carries what has no value', async () => {
    const [subject] = subjectsIn(0, 1) as [string];
    for (let seq = 0; seq < 6; seq++)
      await probe.driver.publish([{ ...probeRecord({ subject, seq }), value: Buffer.alloc(2 * MEBIBYTE, seq) }]);
    await probe.driver.publish([{ ...probeRecord({ subject, seq: 6 }), value: null }]);
    const batches: PartitionBatch['records'][] = [];
    const reader = consumer({
      onBatch: async batch => {
        batches.push(batch.records);
        await commitAll(batch);
      },
    });
    await reader.start();
    await eventually(() => expect(batches.flat().map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6]));
    await reader.stop();
    for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(3);
    const values = batches.flat().map(({ value }) => value && [value.length, value[0]]);
    expect(values).toEqual([...Array.from({ length: 6 }, (_, seq) => [2 * MEBIBYTE, seq]), null]);
  });

  it('says what retention has taken from a group that came too late, and goes on with the oldest that is left', async () => {
    const [subject] = subjectsIn(4, 1) as [string];
    await publish(subject, 0, 30);
    const got: number[] = [];
    const errors: string[] = [];
    const onBatch = async (batch: PartitionBatch) => {
      got.push(...batch.records.map(({ offset }) => offset));
      await batch.commit(batch.records.length > 1 ? 10 : batch.records[0]!.offset + 1);
      if (got.length === 30) batch.pause(600_000);
    };
    const first = consumer({ onBatch });
    await first.start();
    await eventually(() => expect(got).toHaveLength(30));
    await first.stop();
    const topic = probe.config.KAFKA_PREFIX + TOPIC;
    // kafkajs' admin looks for the leaders among topics that it has met.
    await kafka.admin.fetchTopicOffsets(topic);
    await kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition: 4, offset: '25' }] });
    const [lag] = (await probe.driver.lag('reader')).filter(({ partition }) => partition === 4);
    expect(lag).toMatchObject({ committed: 10, end: 30, events: 5 });
    const second = consumer({
      onBatch: async batch => {
        got.push(...batch.records.map(({ offset }) => offset));
        await commitAll(batch);
      },
      onError: (error, doing) => errors.push(`${doing}: ${String(error)}`),
    });
    await second.start();
    await eventually(() => expect(got.slice(30)).toEqual([25, 26, 27, 28, 29]));
    await second.stop();
    expect(errors.join()).toMatch(/it goes on with the oldest record: Error: offset 10 of .*\/4 is not in the log/);
  });

  it('sets back a group that has no members, and one that never had any', async () => {
    const [subject] = subjectsIn(6, 1) as [string];
    await publish(subject, 0, 20);
    expect((await probe.driver.seek('reader', TOPIC, { offset: 15, partition: 6 }))[0]).toEqual({
      partition: 6,
      offset: 15,
    });
    const got: number[] = [];
    const read = async () => {
      const reader = consumer({
        onBatch: async batch => {
          got.push(...batch.records.map(({ offset }) => offset));
          await commitAll(batch);
        },
      });
      await reader.start();
      return reader;
    };
    const first = await read();
    await eventually(() => expect(got).toEqual([15, 16, 17, 18, 19]));
    await first.stop();
    await probe.driver.seek('reader', TOPIC, { offset: 18, partition: 6 });
    const second = await read();
    await eventually(() => expect(got.slice(5)).toEqual([18, 19]));
    await second.stop();
  });

  it('refuses the commit of a batch that a seek has passed over', async () => {
    const [subject] = subjectsIn(0, 1) as [string];
    await publish(subject, 0, 3);
    const outcomes: string[] = [];
    let sought = false;
    const reader = consumer({
      onBatch: async batch => {
        const seeks = !sought;
        sought = true;
        if (seeks) await probe.driver.seek('reader', TOPIC, { offset: 1, partition: 0 });
        const from = batch.records[0]!.offset;
        outcomes.push(
          await commitAll(batch).then(
            () => `${from}: committed`,
            (error: Error) => `${from}: ${error.name}, ${batch.signal.has('lost') ? 'lost' : ''}`,
          ),
        );
      },
    });
    await reader.start();
    await eventually(() => expect([...outcomes].sort()).toEqual(['0: PartitionLost, lost', '1: committed']));
    await reader.stop();
  });

  it('lists and settles among ten thousand dead letters', async () => {
    const letters = Array.from({ length: 10_000 }, (_, seq) => {
      const record = probeRecord({ subject: `s${seq % 50}`, seq });
      return { ...record, topic: `${TOPIC}.reader.dlq`, headers: { ...record.headers, 'dlq-handler': 'one' } };
    });
    for (let at = 0; at < letters.length; at += 1_000) await probe.driver.publish(letters.slice(at, at + 1_000));
    const list = (limit: number, after?: string) => probe.driver.listDeadLetters({ group: 'reader', limit, after });
    const first = await list(100);
    const second = await list(100, first.at(-1)!.id);
    expect(new Set([...first, ...second].map(({ id }) => id)).size).toBe(200);
    for (const { id } of first.slice(0, 99)) await probe.driver.settleDeadLetter('reader', id);
    expect((await list(101)).map(({ id }) => id)).toEqual([first.at(-1)!, ...second].map(({ id }) => id));
    const ids = [first[0]!.id, first[99]!.id, second[0]!.id];
    const found = await probe.driver.findDeadLetters('reader', ids);
    expect(found.map(({ id }) => id)).toEqual(ids.slice(1));
    expect(found[0]!.record).toEqual(first[99]!.record);
    expect(await list(20_000)).toHaveLength(10_000 - 99);
    expect(await probe.driver.listDeadLetters({ group: 'other', limit: 1 })).toEqual([]);
  });

  it('names BUS_SESSION_TIMEOUT_MS where the brokers do not take the session, and raises a too short one by itself', async () => {
    const short = await probe.service([{ type: ProbeEvent.type, handler: 'probe', one: noop }], {
      BUS_SESSION_TIMEOUT_MS: 1_000,
    });
    await eventually(async () => expect(await short.messaging.readiness()).toBeUndefined());
    await short.messaging.stop();
    // The broker's group.max.session.timeout.ms is 30 minutes.
    const long = await probe.service([{ type: ProbeEvent.type, handler: 'probe', one: noop }], {
      BUS_SESSION_TIMEOUT_MS: 7_200_000,
    });
    await eventually(async () =>
      expect(await long.messaging.readiness()).toMatch(/set BUS_SESSION_TIMEOUT_MS between/),
    );
  });

  it('says so where the broker compresses the records as kafkajs cannot read', async () => {
    const topic = probe.config.KAFKA_PREFIX + TOPIC;
    const configEntries = [{ name: 'compression.type', value: 'lz4' }];
    await kafka.admin.createTopics({ topics: [{ topic, numPartitions: 12, configEntries }] }).catch(noop);
    const service = await probe.service([{ type: ProbeEvent.type, handler: 'probe', one: noop }]);
    await publish('s1', 0, 3);
    await eventually(
      async () => expect(await service.messaging.readiness()).toMatch(/compression\.type=producer/),
      30_000,
    );
  });

  it('has raised no warning of a negative timer or of too many listeners in all of this', async () => {
    const got: number[] = [];
    await probe.service([{ type: ProbeEvent.type, handler: 'probe', one: event => got.push(seqOf(event)) }]);
    await publish('s1', 0, 5);
    await eventually(() => expect(got).toEqual([0, 1, 2, 3, 4]));
    expect(warnings).toEqual([]);
  });
});
