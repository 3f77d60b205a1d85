import { startTestKafka } from '@countersign/kafka-broker';
import { beforeAll } from 'vitest';
import { describeBus } from '../src/conformance/bus.conformance.js';
import { breakableKafka } from './support/breakable-kafka.js';
import { kafkaHarness } from './support/kafka-harness.js';

let brokers: string[];
beforeAll(async () => {
  ({ brokers } = await startTestKafka());
});

describeBus('kafka', () => kafkaHarness({ KAFKA_BROKERS: brokers.join() }), breakableKafka);
