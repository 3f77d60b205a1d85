export type { Listener } from './properties.js';
export { startKafka, type Kafka, type KafkaOptions } from './start-kafka.js';
export type { ScramUser } from './storage.js';
export { startTestKafka, type TestKafka } from './test-run/test-kafka.js';
