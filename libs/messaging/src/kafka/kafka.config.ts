import { z } from 'zod';

const flag = z.enum(['true', 'false']).transform(value => value === 'true');

/** What a service reads from its environment for Apache Kafka. Which of them belong together is checked in kafka-settings.ts. */
export const kafkaConfig = z.object({
  KAFKA_BROKERS: z
    .string()
    .optional()
    .describe('host:port of some brokers, separated by commas; needed with BUS=kafka'),
  KAFKA_PREFIX: z
    .string()
    .max(60)
    .regex(/^[a-zA-Z0-9._-]*$/)
    .default('')
    .describe('put before every topic and consumer group, so that several installations can share a cluster'),
  KAFKA_CREATE_TOPICS: flag
    .default(true)
    .describe('whether missing topics are created; otherwise readiness names them and the service waits'),
  KAFKA_REPLICATION_FACTOR: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("replicas of the topics that are created; the broker's default without it"),
  KAFKA_MIN_INSYNC_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("replicas that must have a record before it counts as sent; the broker's default without it"),
  KAFKA_TLS: flag.default(false).describe('whether the brokers are spoken to over TLS'),
  KAFKA_TLS_CA_FILE: z.string().optional().describe('PEM file of the authorities that sign the brokers’ certificates'),
  KAFKA_TLS_CERT_FILE: z.string().optional().describe('PEM file of the client certificate (mutual TLS)'),
  KAFKA_TLS_KEY_FILE: z.string().optional().describe('PEM file of the key of the client certificate'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'])
    .optional()
    .describe('how the service logs in to the brokers; not at all without it'),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
  KAFKA_OAUTH_TOKEN_URL: z.url().optional().describe('token endpoint, for KAFKA_SASL_MECHANISM=oauthbearer'),
  KAFKA_OAUTH_CLIENT_ID: z.string().optional(),
  KAFKA_OAUTH_CLIENT_SECRET: z.string().optional(),
  KAFKA_OAUTH_SCOPE: z.string().optional(),
});
export type KafkaConfig = z.infer<typeof kafkaConfig>;
