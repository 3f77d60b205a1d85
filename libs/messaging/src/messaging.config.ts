import { z } from 'zod';
import { kafkaConfig } from './kafka/kafka.config.js';

/** What a service reads from its environment for the bus. The same names in the standalone start, compose and the chart. */
export const messagingConfig = z.object({
  BUS: z.enum(['postgres', 'kafka']).default('postgres').describe('what carries the events'),
  BUS_SESSION_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .max(120_000)
    .default(4_000)
    .describe(
      'a consumer that was not heard of for so long loses its partitions; on Kafka 6,000 where the broker takes no less',
    ),
  BUS_PARTITIONS_AT_ONCE: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(6)
    .describe('partitions handled at the same time'),
  BUS_LANES: z.coerce
    .number()
    .int()
    .min(1)
    .max(256)
    .default(8)
    .describe('keys handled at the same time in one partition'),
  BUS_WINDOW: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .describe('events of a partition that may be under way at once; bounds what is repeated after a crash'),
  BUS_RETENTION_HOURS: z.coerce
    .number()
    .int()
    .min(1)
    .default(168)
    .describe('how long handled events are kept for a replay'),
  ...kafkaConfig.shape,
});
export type MessagingConfig = z.infer<typeof messagingConfig>;
