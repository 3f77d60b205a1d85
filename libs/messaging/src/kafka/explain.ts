import { errorType } from './kafka-errors.js';
import { OauthFailure } from './oauth-token.js';
import type { KafkaSettings } from './kafka-settings.js';
import { WrongTopics } from './topics.js';

const TLS_CODES =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO)/;

/** Why the bus cannot be used, in words for an operator, with the variables to look at. */
export function explain(error: unknown, settings: KafkaSettings): string {
  if (error instanceof WrongTopics) return error.message;
  const brokers = settings.brokers.join(',');
  const messages = [...causes(error)];
  const text = messages.map(({ message }) => message).join(': ');
  const type = errorType(error);
  const oauth = messages.find(cause => cause instanceof OauthFailure);
  if (oauth) return `${oauth.message}; look at KAFKA_OAUTH_TOKEN_URL, KAFKA_OAUTH_CLIENT_ID and its secret`;
  if (messages.some(({ name }) => name === 'KafkaJSSASLAuthenticationError') || type === 'SASL_AUTHENTICATION_FAILED')
    return `Kafka at ${brokers} refuses the login (${text}); look at KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and the password`;
  if (/SASL .* mechanism is not supported/.test(text))
    return `Kafka at ${brokers} does not take this way to log in (${text}); look at KAFKA_SASL_MECHANISM`;
  if (
    messages.some(cause => TLS_CODES.test(codeOf(cause))) ||
    /certificate|SSL routines|wrong version number|secure TLS connection/i.test(text)
  )
    return `TLS with Kafka at ${brokers} fails (${text}); look at KAFKA_TLS and KAFKA_TLS_CA_FILE`;
  if (type?.endsWith('AUTHORIZATION_FAILED'))
    return `Kafka does not permit this (${text}); the user needs ACLs for topics and groups that begin with KAFKA_PREFIX`;
  if (type === 'INVALID_SESSION_TIMEOUT')
    return `Kafka does not take the session timeout; set BUS_SESSION_TIMEOUT_MS between the broker's group.min.session.timeout.ms and group.max.session.timeout.ms`;
  if (type === 'INCONSISTENT_GROUP_PROTOCOL')
    return `the members of the consumer group speak none of the protocols of this version; roll out the version between, or stop all of them first`;
  if (/compression not implemented/i.test(text))
    return `records are compressed as this client cannot read (${text}); set compression.type=producer on the topics`;
  if (type === 'INVALID_REPLICATION_FACTOR')
    return `Kafka has too few brokers for its topics (${text}); look at KAFKA_REPLICATION_FACTOR`;
  if (type === 'NOT_ENOUGH_REPLICAS' || type === 'NOT_ENOUGH_REPLICAS_AFTER_APPEND')
    return `too few replicas of Kafka are in sync (${text}); look at the brokers and KAFKA_MIN_INSYNC_REPLICAS`;
  if (/Closed connection|Connection closed|ILLEGAL_SASL_STATE|socket hang up|ECONNRESET/i.test(`${text} ${type}`))
    return `Kafka at ${brokers} closes the connection (${text}); look at KAFKA_TLS and KAFKA_SASL_MECHANISM: the listener may want them`;
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|Connection (error|timeout)/i.test(text))
    return `no Kafka broker can be reached at KAFKA_BROKERS=${brokers} (${text})`;
  return `Kafka at ${brokers} cannot be used: ${text}`;
}

function* causes(error: unknown): Generator<Error> {
  const seen = new Set<string>();
  for (let cause = error, depth = 0; cause !== undefined && depth < 6; depth++) {
    const known = cause instanceof Error ? cause : new Error(String(cause));
    if (!seen.has(known.message)) yield known;
    seen.add(known.message);
    cause = known.cause;
  }
}

function codeOf(error: Error): string {
  return String((error as { code?: unknown }).code ?? '');
}
