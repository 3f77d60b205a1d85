import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { SASLOptions } from 'kafkajs';
import type { MessagingConfig } from '../messaging.config.js';
import { oauthTokens } from './oauth-token.js';

/** The configuration of the bus does not fit together; the message names each variable and the remedy. */
export class KafkaConfigError extends Error {
  override readonly name = 'KafkaConfigError';
}

/** What the driver needs of the configuration, with the contents of the files that it names. */
export interface KafkaSettings {
  readonly brokers: string[];
  readonly prefix: string;
  readonly ssl?: ConnectionOptions;
  readonly sasl?: SASLOptions;
  readonly createTopics: boolean;
  readonly replicationFactor?: number;
  readonly minInsyncReplicas?: number;
  readonly retentionMs: number;
}

/** @throws KafkaConfigError naming every variable that is missing, superfluous or names a file that cannot be read */
export function kafkaSettings(config: MessagingConfig): KafkaSettings {
  const check = new Check(config);
  const settings: KafkaSettings = {
    brokers: brokers(check),
    prefix: config.KAFKA_PREFIX,
    ssl: tls(check),
    sasl: sasl(check),
    createTopics: config.KAFKA_CREATE_TOPICS,
    replicationFactor: config.KAFKA_REPLICATION_FACTOR,
    minInsyncReplicas: config.KAFKA_MIN_INSYNC_REPLICAS,
    retentionMs: config.BUS_RETENTION_HOURS * 3_600_000,
  };
  const { KAFKA_REPLICATION_FACTOR: replicas, KAFKA_MIN_INSYNC_REPLICAS: inSync } = config;
  if (replicas !== undefined && inSync !== undefined && inSync > replicas)
    check.wrong('KAFKA_MIN_INSYNC_REPLICAS', `is more than KAFKA_REPLICATION_FACTOR, so nothing could be sent`);
  check.done();
  return settings;
}

type Name = keyof MessagingConfig;

class Check {
  private readonly problems: string[] = [];

  constructor(readonly config: MessagingConfig) {}

  wrong(name: Name, what: string): void {
    this.problems.push(`  ${name}: ${what}`);
  }

  /** The value of a variable that another one makes necessary. */
  needed(name: Name, because: string): string {
    const value = this.config[name];
    if (value === undefined) this.wrong(name, `is needed with ${because}`);
    return String(value ?? '');
  }

  file(name: Name): string | undefined {
    const path = this.config[name];
    if (path === undefined) return undefined;
    try {
      return readFileSync(String(path), 'utf8');
    } catch (error) {
      this.wrong(name, `cannot be read: ${(error as Error).message}`);
      return '';
    }
  }

  done(): void {
    if (this.problems.length > 0)
      throw new KafkaConfigError(`The configuration cannot be used:\n${this.problems.join('\n')}`);
  }
}

function brokers(check: Check): string[] {
  const given = check.needed('KAFKA_BROKERS', 'BUS=kafka');
  const list = given
    .split(',')
    .map(broker => broker.trim())
    .filter(Boolean);
  for (const broker of list) {
    const port = Number(/^.+:(\d{1,5})$/.exec(broker)?.[1]);
    if (!(port >= 1 && port <= 65_535)) check.wrong('KAFKA_BROKERS', `${broker} is not host:port`);
  }
  if (given !== '' && list.length === 0) check.wrong('KAFKA_BROKERS', 'names no broker');
  return list;
}

function tls(check: Check): ConnectionOptions | undefined {
  const { KAFKA_TLS: on, KAFKA_TLS_CERT_FILE: cert, KAFKA_TLS_KEY_FILE: key } = check.config;
  if (!on) {
    for (const name of ['KAFKA_TLS_CA_FILE', 'KAFKA_TLS_CERT_FILE', 'KAFKA_TLS_KEY_FILE'] as const)
      if (check.config[name] !== undefined) check.wrong(name, 'is given, but KAFKA_TLS is not true');
    return undefined;
  }
  if (cert !== undefined && key === undefined) check.wrong('KAFKA_TLS_KEY_FILE', 'is needed with KAFKA_TLS_CERT_FILE');
  if (key !== undefined && cert === undefined) check.wrong('KAFKA_TLS_CERT_FILE', 'is needed with KAFKA_TLS_KEY_FILE');
  return {
    ca: check.file('KAFKA_TLS_CA_FILE'),
    cert: check.file('KAFKA_TLS_CERT_FILE'),
    key: check.file('KAFKA_TLS_KEY_FILE'),
  };
}

function sasl(check: Check): SASLOptions | undefined {
  const { KAFKA_SASL_MECHANISM: mechanism } = check.config;
  if (mechanism === undefined) {
    for (const name of ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD', 'KAFKA_OAUTH_TOKEN_URL'] as const)
      if (check.config[name] !== undefined) check.wrong('KAFKA_SASL_MECHANISM', `is needed with ${name}`);
    return undefined;
  }
  const because = `KAFKA_SASL_MECHANISM=${mechanism}`;
  if (mechanism !== 'oauthbearer') {
    const username = check.needed('KAFKA_SASL_USERNAME', because);
    return { mechanism, username, password: check.needed('KAFKA_SASL_PASSWORD', because) };
  }
  const oauthBearerProvider = oauthTokens({
    url: check.needed('KAFKA_OAUTH_TOKEN_URL', because),
    clientId: check.needed('KAFKA_OAUTH_CLIENT_ID', because),
    clientSecret: check.needed('KAFKA_OAUTH_CLIENT_SECRET', because),
    scope: check.config.KAFKA_OAUTH_SCOPE,
  });
  return { mechanism, oauthBearerProvider };
}
