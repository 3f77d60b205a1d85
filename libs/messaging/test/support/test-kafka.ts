import { startTestKafka } from '@countersign/kafka-broker';
import { ConfigResourceTypes, Kafka, logLevel, type Admin } from 'kafkajs';
import { afterAll, beforeAll } from 'vitest';
import { KafkaLink } from '../../src/kafka/kafka-link.js';
import { kafkaSettings } from '../../src/kafka/kafka-settings.js';
import { patchKafkajs } from '../../src/kafka/kafkajs-patches.js';
import { messagingConfig } from '../../src/messaging.config.js';
import { kafkaHarness } from './kafka-harness.js';
import type { BusHarness } from './probe.js';
import { quiet } from './quiet.js';

/** The Kafka of the test run, for the tests of one file. */
export interface TestCluster {
  readonly admin: Admin;
  /** A bus on it, with a prefix of its own. */
  harness(env?: Record<string, string | number>): BusHarness;
  /** Connections as the driver has them; they end with the file. */
  newLink(): KafkaLink;
}

/** To be called where a file describes its tests. */
export function useTestKafka(): TestCluster {
  let brokers: string[];
  let admin: Admin;
  let leastSessionMs: number;
  const links: KafkaLink[] = [];
  const harness: TestCluster['harness'] = env =>
    kafkaHarness({ KAFKA_BROKERS: brokers.join(), ...env }, leastSessionMs);
  beforeAll(async () => {
    ({ brokers } = await startTestKafka());
    patchKafkajs();
    admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    leastSessionMs = await shortestSession(admin);
  });
  afterAll(async () => {
    await Promise.all(links.map(link => link.close()));
    await admin.disconnect();
  });
  return {
    get admin() {
      return admin;
    },
    harness,
    newLink: () => {
      const settings = kafkaSettings(messagingConfig.parse(harness().config));
      const link = new KafkaLink({ settings, clientId: 'suite', logger: quiet });
      links.push(link);
      return link;
    },
  };
}

/** What the brokers take (milliseconds): 6,000 unless they are told otherwise. */
async function shortestSession(admin: Admin): Promise<number> {
  const { brokers } = await admin.describeCluster();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [
      {
        type: ConfigResourceTypes.BROKER,
        name: String(brokers[0]!.nodeId),
        configNames: ['group.min.session.timeout.ms'],
      },
    ],
  });
  return Number(resources[0]!.configEntries[0]!.configValue);
}
