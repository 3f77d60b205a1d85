import { randomBytes } from 'node:crypto';
import type { BusHarness } from './probe.js';

/**
 * Kafka under the suite, with a prefix that no other test has: topics and groups of tests on one cluster are apart.
 * @param leastSessionMs the broker's group.min.session.timeout.ms
 */
export function kafkaHarness(env: Record<string, string | number>, leastSessionMs = 6_000): BusHarness {
  const prefix = `t${randomBytes(5).toString('hex')}.`;
  const config = { BUS: 'kafka', KAFKA_PREFIX: prefix, BUS_SESSION_TIMEOUT_MS: 6_000, ...env };
  return { config, schemas: [], leastSessionMs };
}
