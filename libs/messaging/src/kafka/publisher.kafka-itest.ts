import { PARTITIONS } from '@countersign/contracts';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { probeRecord, subjectsIn, TOPIC } from '../../test/support/probe.js';
import { quiet } from '../../test/support/quiet.js';
import { useTestKafka } from '../../test/support/test-kafka.js';
import { createDriver } from '../create-driver.js';
import { messagingConfig } from '../messaging.config.js';

const kafka = useTestKafka();

describe('publishing to kafka', () => {
  it('takes no partition for done that the bus has said nothing of', async () => {
    const config = messagingConfig.parse(kafka.harness().config);
    const driver = createDriver(config, { service: 'suite', workerUrl: '', logger: quiet });
    const record = (partition: number) => probeRecord({ subject: subjectsIn(partition, 1)[0]!, seq: 0 });
    try {
      await driver.publish([record(0), record(PARTITIONS - 1)]);
      // Somebody makes the topic anew with too few partitions; the driver has just found it good.
      const topic = config.KAFKA_PREFIX + TOPIC;
      await kafka.admin.deleteTopics({ topics: [topic] });
      await eventually(() =>
        kafka.admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: false }),
      );
      const sent = driver.publish([record(0), record(PARTITIONS - 1)]);
      await expect(sent).rejects.toThrow(/cannot be used|has 2 partitions/);
    } finally {
      await driver.close();
    }
  });
});
