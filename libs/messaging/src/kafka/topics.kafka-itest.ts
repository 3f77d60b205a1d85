import { setTimeout as delay } from 'node:timers/promises';
import { TOPICS } from '@countersign/contracts';
import { ConfigResourceTypes } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { Probe, probeData, ProbeEvent, seqOf, TENANT, TOPIC } from '../../test/support/probe.js';
import { useTestKafka } from '../../test/support/test-kafka.js';

const noop = () => undefined;
const kafka = useTestKafka();

describe('the topics on Kafka', () => {
  const open = (env?: Record<string, string | number>) => Probe.open(kafka.harness(env));
  const handlers = (got: number[] = []) => [
    { type: ProbeEvent.type, handler: 'probe', one: (event: Parameters<typeof seqOf>[0]) => got.push(seqOf(event)) },
  ];

  it('hold up no stop while they are being created', { timeout: 12_000 }, async () => {
    const probe = await open();
    // Each with topics of its own, so that each is stopped at another point of their creation.
    const stops = Array.from({ length: 10 }, async (_, n) => {
      const service = await probe.prepare(handlers(), { KAFKA_PREFIX: `${probe.config.KAFKA_PREFIX}${n}-` });
      await service.messaging.start();
      await delay(n * 100);
      await service.stop();
    });
    await Promise.all(stops);
    await probe.close();
  });

  it('are created as the catalogue says, also by several services at once', async () => {
    const probe = await open({ BUS_RETENTION_HOURS: 5, KAFKA_REPLICATION_FACTOR: 1, KAFKA_MIN_INSYNC_REPLICAS: 1 });
    try {
      const services = await Promise.all([1, 2, 3].map(() => probe.service(handlers())));
      for (const { messaging } of services)
        await eventually(async () => expect(await messaging.readiness()).toBeUndefined(), 45_000);
      const prefix = probe.config.KAFKA_PREFIX;
      const names = [...TOPICS, `${TOPIC}.bus-probe.dlq`].map(topic => prefix + topic);
      const { topics } = await kafka.admin.fetchTopicMetadata({ topics: names });
      expect(topics.map(({ partitions }) => partitions.length)).toEqual(names.map(() => 12));
      const settings = async (name: string) => {
        const { resources } = await kafka.admin.describeConfigs({
          includeSynonyms: false,
          resources: [{ type: ConfigResourceTypes.TOPIC, name }],
        });
        return Object.fromEntries(resources[0]!.configEntries.map(entry => [entry.configName, entry.configValue]));
      };
      expect(await settings(prefix + TOPIC)).toMatchObject({
        'cleanup.policy': 'delete',
        'retention.ms': String(5 * 3_600_000),
        'message.timestamp.type': 'LogAppendTime',
        'min.insync.replicas': '1',
        'compression.type': 'producer',
      });
      // Dead letters wait for a person.
      expect(await settings(`${prefix}${TOPIC}.bus-probe.dlq`)).toMatchObject({
        'retention.ms': String(30 * 24 * 3_600_000),
      });
    } finally {
      await probe.close();
    }
  });

  it('are named with the remedy where they are missing and none may be created; the service waits and goes on', async () => {
    const probe = await open({ KAFKA_CREATE_TOPICS: 'false' });
    try {
      const got: number[] = [];
      const service = await probe.service(handlers(got));
      const { uow } = await probe.persistence(1);
      await uow.run(TENANT, async tx => void (await service.messaging.outbox.add(tx, ProbeEvent, 's', probeData(7))));
      const prefix = probe.config.KAFKA_PREFIX;
      const needed = [...TOPICS, `${TOPIC}.bus-probe.dlq`].map(topic => prefix + topic);
      const reason = await eventually(async () => {
        const told = await service.messaging.readiness();
        expect(told).toMatch(
          /is missing: create it with 12 partitions and .*retention\.ms=\d+.*KAFKA_CREATE_TOPICS=true/,
        );
        return told!;
      });
      for (const topic of needed) expect(reason).toContain(`topic ${topic} is missing`);
      expect(service.log.join()).toContain(`topic ${needed[0]} is missing`);
      await kafka.admin.createTopics({ topics: needed.map(topic => ({ topic, numPartitions: 12 })) }).catch(noop);
      await eventually(() => expect(got).toEqual([7]));
      // Made by hand, they are not all that the configuration says: that is told, and holds nothing up.
      await eventually(() =>
        expect(service.log).toContain(
          `topic ${prefix}${TOPIC} has message.timestamp.type=CreateTime, where the configuration says LogAppendTime`,
        ),
      );
      await eventually(async () => expect(await service.messaging.readiness()).toBeUndefined());
    } finally {
      await probe.close();
    }
  });

  it('are refused where they have another number of partitions: keys would be elsewhere', async () => {
    const probe = await open();
    try {
      const topic = probe.config.KAFKA_PREFIX + TOPIC;
      await kafka.admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }).catch(noop);
      const service = await probe.service(handlers());
      await eventually(async () =>
        expect(await service.messaging.readiness()).toMatch(`topic ${topic} has 3 partitions, not 12`),
      );
      await kafka.admin.deleteTopics({ topics: [topic] });
      await eventually(async () => expect(await service.messaging.readiness()).toBeUndefined());
    } finally {
      await probe.close();
    }
  });
});
