import { inheritedEnvironment, readToolConfig } from '@countersign/cli';
import { z } from 'zod';

const startConfig = z.object({
  HOST: z.string().default('127.0.0.1').describe('address that people and receivers reach the platform at'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000).describe('port there; 0 = any free one'),
  PUBLIC_URL: z.url().optional().describe('address that clients use, when it is not http://HOST:PORT'),
  BUS: z.enum(['postgres', 'kafka']).default('postgres').describe('what carries the events'),
  KAFKA_BROKERS: z
    .string()
    .optional()
    .describe('with BUS=kafka: host:port of some brokers, separated by commas; without it, one is started'),
  PARENT_PIPE_FD: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('pipe of a process that this one must not outlive'),
  npm_lifecycle_event: z.string().optional().describe('set by npm run'),
});

export interface StartConfig {
  dataDir: string;
  host: string;
  port: number;
  publicUrl?: string;
  bus: 'postgres' | 'kafka';
  /** A Kafka that is there already. */
  kafkaBrokers?: string;
  parentPipeFd?: number;
  startedByNpm: boolean;
  /** Handed on to the services: PATH, and settings such as LOG_LEVEL. */
  environment: Record<string, string | undefined>;
}

/** @throws Error naming every variable that cannot be used */
export function readStartConfig(environment = inheritedEnvironment()): StartConfig {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = startConfig.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(issue => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The configuration cannot be used:\n${lines.join('\n')}`);
  }
  const { HOST, PORT, PUBLIC_URL, BUS, KAFKA_BROKERS, PARENT_PIPE_FD, npm_lifecycle_event } = parsed.data;
  return {
    dataDir: readToolConfig().DATA_DIR,
    host: HOST,
    port: PORT,
    publicUrl: PUBLIC_URL?.replace(/\/+$/, ''),
    bus: BUS,
    kafkaBrokers: KAFKA_BROKERS,
    parentPipeFd: PARENT_PIPE_FD,
    startedByNpm: npm_lifecycle_event === 'start' || npm_lifecycle_event === 'tour',
    environment,
  };
}
