import { describe, expect, it } from 'vitest';
import { messagingConfig } from '../messaging.config.js';
import { kafkaSettings } from './kafka-settings.js';

const read = (env: Record<string, string>) => kafkaSettings(messagingConfig.parse({ BUS: 'kafka', ...env }));
const brokers = { KAFKA_BROKERS: 'one:9092, two:9093' };

describe('kafkaSettings', () => {
  it('takes brokers alone', () => {
    expect(read(brokers)).toEqual({
      brokers: ['one:9092', 'two:9093'],
      prefix: '',
      createTopics: true,
      retentionMs: 168 * 3_600_000,
    });
  });

  it.each([
    ['plain', { KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' }, { username: 'u', password: 'p' }],
    ['scram-sha-512', { KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' }, { username: 'u', password: 'p' }],
    [
      'oauthbearer',
      { KAFKA_OAUTH_TOKEN_URL: 'http://x/token', KAFKA_OAUTH_CLIENT_ID: 'c', KAFKA_OAUTH_CLIENT_SECRET: 's' },
      { oauthBearerProvider: expect.any(Function) as unknown },
    ],
  ])('logs in with %s', (mechanism, env, sasl) => {
    expect(read({ ...brokers, KAFKA_SASL_MECHANISM: mechanism, ...env }).sasl).toEqual({ mechanism, ...sasl });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['no brokers', {}, /KAFKA_BROKERS: is needed with BUS=kafka/],
    ['a broker without its port', { KAFKA_BROKERS: 'one' }, /KAFKA_BROKERS: one is not host:port/],
    ['no brokers between commas', { KAFKA_BROKERS: ' , ' }, /KAFKA_BROKERS: names no broker/],
    [
      'a mechanism without a login',
      { ...brokers, KAFKA_SASL_MECHANISM: 'plain' },
      /USERNAME: is needed[^]*PASSWORD: is needed/,
    ],
    [
      'a login without a mechanism',
      { ...brokers, KAFKA_SASL_USERNAME: 'u' },
      /KAFKA_SASL_MECHANISM: is needed with KAFKA_SASL_USERNAME/,
    ],
    [
      'OAuth without its server',
      { ...brokers, KAFKA_SASL_MECHANISM: 'oauthbearer' },
      /TOKEN_URL: [^]*CLIENT_ID: [^]*CLIENT_SECRET: /,
    ],
    [
      'a CA without TLS',
      { ...brokers, KAFKA_TLS_CA_FILE: '/ca.pem' },
      /KAFKA_TLS_CA_FILE: is given, but KAFKA_TLS is not true/,
    ],
    [
      'a CA that is not there',
      { ...brokers, KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: '/no/ca.pem' },
      /KAFKA_TLS_CA_FILE: cannot be read/,
    ],
    [
      'a certificate without its key',
      { ...brokers, KAFKA_TLS: 'true', KAFKA_TLS_CERT_FILE: '/no' },
      /KAFKA_TLS_KEY_FILE: is needed/,
    ],
    [
      'more replicas in sync than there are',
      { ...brokers, KAFKA_REPLICATION_FACTOR: '1', KAFKA_MIN_INSYNC_REPLICAS: '2' },
      /KAFKA_MIN_INSYNC_REPLICAS: is more than KAFKA_REPLICATION_FACTOR/,
    ],
  ])('refuses %s, naming the variable', (_what, env, message) => {
    expect(() => read(env)).toThrow(message);
  });
});
