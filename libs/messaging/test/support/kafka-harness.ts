import { randomBytes } from 'node:crypto';
import type { BusHarness } from './probe.js';

/** Kafka under the suite, with a prefix that no other test has: topics and groups of tests on one cluster are apart. */
export function kafkaHarness(env: Record<string, string | number>): BusHarness {
  const prefix = `t${randomBytes(5).toString('hex')}.`;
  // The broker's group.min.session.timeout.ms.
  return { config: { BUS: 'kafka', KAFKA_PREFIX: prefix, ...env }, schemas: [], leastSessionMs: 6_000 };
}
