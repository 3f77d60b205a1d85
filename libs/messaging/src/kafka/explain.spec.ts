import { describe, expect, it } from 'vitest';
import { explain } from './explain.js';
import { OauthFailure } from './oauth-token.js';
import { WrongTopics } from './topics.js';

const settings = { brokers: ['kafka:9092'], prefix: '', createTopics: true, retentionMs: 1 };
const error = (message: string, properties: object = {}) => Object.assign(new Error(message), properties);

describe('explain', () => {
  it.each<[string, Error, RegExp]>([
    [
      'a refused connection',
      error('Connection error: connect ECONNREFUSED'),
      /can be reached at KAFKA_BROKERS=kafka:9092/,
    ],
    ['an unknown host', error('Connection error: getaddrinfo ENOTFOUND kafka'), /KAFKA_BROKERS/],
    [
      'a refused login',
      error('SASL PLAIN authentication failed', { name: 'KafkaJSSASLAuthenticationError' }),
      /refuses the login.*KAFKA_SASL_USERNAME/,
    ],
    ['an unknown way to log in', error('SASL PLAIN mechanism is not supported by the server'), /KAFKA_SASL_MECHANISM/],
    [
      'a certificate',
      error('Connection error: self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      /TLS.*KAFKA_TLS_CA_FILE/,
    ],
    ['TLS where there is none', error('Connection error: write EPROTO wrong version number'), /KAFKA_TLS/],
    ['a listener that wants something else', error('Closed connection'), /KAFKA_TLS and KAFKA_SASL_MECHANISM/],
    ['no token', new OauthFailure('No token from KAFKA_OAUTH_TOKEN_URL: status 401'), /KAFKA_OAUTH_CLIENT_ID/],
    ['a session timeout', error('bad', { type: 'INVALID_SESSION_TIMEOUT' }), /BUS_SESSION_TIMEOUT_MS/],
    ['members of a far version', error('bad', { type: 'INCONSISTENT_GROUP_PROTOCOL' }), /the version between/],
    ['a codec', error('LZ4 compression not implemented'), /compression\.type=producer/],
    ['too few brokers', error('bad', { type: 'INVALID_REPLICATION_FACTOR' }), /KAFKA_REPLICATION_FACTOR/],
    ['too few replicas', error('bad', { type: 'NOT_ENOUGH_REPLICAS' }), /KAFKA_MIN_INSYNC_REPLICAS/],
    ['missing rights', error('bad', { type: 'GROUP_AUTHORIZATION_FAILED' }), /ACLs.*KAFKA_PREFIX/],
    ['topics', new WrongTopics('topic a is missing: create it'), /^topic a is missing: create it$/],
    ['anything else', error('odd'), /^Kafka at kafka:9092 cannot be used: odd$/],
  ])('names what to look at for %s', (_what, cause, message) => {
    expect(explain(cause, settings)).toMatch(message);
  });

  it('finds the cause below what kafkajs wraps around it', () => {
    const wrapped = new Error('Retries exceeded', { cause: error('bad', { type: 'NOT_ENOUGH_REPLICAS' }) });
    expect(explain(wrapped, settings)).toMatch(/KAFKA_MIN_INSYNC_REPLICAS/);
  });
});
