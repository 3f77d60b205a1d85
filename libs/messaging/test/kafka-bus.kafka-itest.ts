import { startTestKafka } from '@countersign/kafka-broker';
import { beforeAll } from 'vitest';
import { describeBus } from '../src/conformance/bus.conformance.js';
import { breakableKafka } from './support/breakable-kafka.js';
import { newPrefix } from './support/kafka-prefix.js';

let brokers: string[];
beforeAll(async () => {
  ({ brokers } = await startTestKafka());
});

describeBus(
  'kafka',
  () => ({ config: { BUS: 'kafka', KAFKA_BROKERS: brokers.join(), KAFKA_PREFIX: newPrefix() }, schemas: [] }),
  breakableKafka,
);
