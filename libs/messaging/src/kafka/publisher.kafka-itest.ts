import { PARTITIONS } from '@countersign/contracts';
import { startTestKafka } from '@countersign/kafka-broker';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { kafkaHarness } from '../../test/support/kafka-harness.js';
import { probeRecord, subjectsIn, TOPIC } from '../../test/support/probe.js';
import { createDriver } from '../create-driver.js';
import { messagingConfig } from '../messaging.config.js';
import { patchKafkajs } from './kafkajs-patches.js';

const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };

describe('publishing to kafka', () => {
  let brokers: string[];
  let admin: Admin;
  beforeAll(async () => {
    ({ brokers } = await startTestKafka());
    patchKafkajs();
    admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterAll(() => admin.disconnect());

  it('takes no partition for done that the bus has said nothing of', async () => {
    const config = messagingConfig.parse(kafkaHarness({ KAFKA_BROKERS: brokers.join() }).config);
    const driver = createDriver(config, { service: 'suite', workerUrl: '', logger: quiet });
    const record = (partition: number) => probeRecord({ subject: subjectsIn(partition, 1)[0]!, seq: 0 });
    try {
      await driver.publish([record(0), record(PARTITIONS - 1)]);
      // Somebody makes the topic anew with too few partitions; the driver has just found it good.
      const topic = config.KAFKA_PREFIX + TOPIC;
      await admin.deleteTopics({ topics: [topic] });
      await eventually(() => admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: false }));
      const sent = driver.publish([record(0), record(PARTITIONS - 1)]);
      await expect(sent).rejects.toThrow(/cannot be used|has 2 partitions/);
    } finally {
      await driver.close();
    }
  });
});
