import { beforeAll, describe, expect, it } from 'vitest';
import { createDriver } from '../src/create-driver.js';
import { messagingConfig } from '../src/messaging.config.js';
import type { BusDriver } from '../src/port/bus-driver.js';
import { eventually } from './support/eventually.js';
import { kafkaHarness } from './support/kafka-harness.js';
import { CLIENT } from './support/oauth-server.js';
import { Probe, probeData, ProbeEvent, probeRecord, subjectsIn, TENANT, TOPIC } from './support/probe.js';
import { quiet } from './support/quiet.js';
import { startSecuredKafka, USER, type SecuredKafka } from './support/secured-kafka.js';

type Env = Record<string, string>;
const noop = () => undefined;

describe('the kafka driver on a cluster that asks who it is', () => {
  let kafka: SecuredKafka;
  beforeAll(async () => {
    kafka = await startSecuredKafka();
    return () => kafka.close();
  });

  const overTls = (env: Env = {}): Env => ({
    KAFKA_BROKERS: kafka.tls,
    KAFKA_TLS: 'true',
    KAFKA_TLS_CA_FILE: kafka.caFile,
    ...env,
  });
  const loggedIn = (mechanism: string, env: Env = {}): Env =>
    overTls({
      KAFKA_BROKERS: kafka.sasl,
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_SASL_USERNAME: USER.name,
      KAFKA_SASL_PASSWORD: USER.password,
      ...env,
    });
  const withToken = (env: Env = {}): Env =>
    overTls({
      KAFKA_BROKERS: kafka.sasl,
      KAFKA_SASL_MECHANISM: 'oauthbearer',
      KAFKA_OAUTH_TOKEN_URL: kafka.oauth.tokenUrl,
      KAFKA_OAUTH_CLIENT_ID: CLIENT.id,
      KAFKA_OAUTH_CLIENT_SECRET: CLIENT.secret,
      KAFKA_OAUTH_SCOPE: 'bus',
      ...env,
    });
  const using = async (env: Env, work: (driver: BusDriver) => Promise<void>) => {
    const driver = createDriver(messagingConfig.parse(kafkaHarness(env).config), {
      service: 'secured',
      workerUrl: '',
      logger: quiet,
    });
    try {
      await work(driver);
    } finally {
      await driver.close();
    }
  };

  it.each<[string, () => Env]>([
    ['TLS', () => overTls()],
    ['TLS and PLAIN', () => loggedIn('plain')],
    ['TLS and SCRAM-SHA-256', () => loggedIn('scram-sha-256')],
    ['TLS and SCRAM-SHA-512', () => loggedIn('scram-sha-512')],
    ['TLS and OAUTHBEARER', () => withToken()],
  ])('sends and reads over %s', async (_way, env) => {
    await using(env(), async driver => {
      const [subject] = subjectsIn(0, 1) as [string];
      driver.open('secured', [TOPIC]);
      await driver.publish([0, 1, 2].map(seq => probeRecord({ subject, seq })));
      const got: number[] = [];
      const consumer = driver.consumer({
        group: 'secured',
        topics: [TOPIC],
        sessionTimeoutMs: 6_000,
        partitionsAtOnce: 1,
        maxBatch: 10,
        onBatch: async batch => {
          got.push(...batch.records.map(({ offset }) => offset));
          await batch.commit(batch.records.at(-1)!.offset + 1);
        },
        onAssignment: noop,
        onPaused: noop,
        onError: noop,
      });
      await consumer.start();
      await eventually(() => expect(got).toEqual([0, 1, 2]));
      await eventually(() => expect(driver.problem).toBeUndefined());
      await consumer.stop();
    });
  });

  it('asks once for a token that all its connections use', async () => {
    const before = kafka.oauth.given();
    await using(withToken(), async driver => {
      await Promise.all([driver.publish([probeRecord({ subject: 's1', seq: 0 })]), driver.lag('secured')]);
      await driver.listDeadLetters({ group: 'secured', limit: 1 });
    });
    expect(kafka.oauth.given() - before).toBe(1);
  });

  it.each<[string, () => Env, RegExp]>([
    [
      'a broker that is not there',
      () => ({ KAFKA_BROKERS: '127.0.0.1:1' }),
      /no Kafka broker.*KAFKA_BROKERS=127\.0\.0\.1:1/,
    ],
    ['a host that is not known', () => ({ KAFKA_BROKERS: 'kafka.invalid:9092' }), /KAFKA_BROKERS=kafka\.invalid:9092/],
    [
      'a wrong password',
      () => loggedIn('scram-sha-512', { KAFKA_SASL_PASSWORD: 'wrong' }),
      /refuses the login.*KAFKA_SASL_USERNAME/,
    ],
    [
      'a wrong password in clear',
      () => loggedIn('plain', { KAFKA_SASL_PASSWORD: 'wrong' }),
      /refuses the login.*KAFKA_SASL_USERNAME/,
    ],
    ['a wrong client secret', () => withToken({ KAFKA_OAUTH_CLIENT_SECRET: 'wrong' }), /401.*KAFKA_OAUTH_CLIENT_ID/],
    ['no token endpoint', () => withToken({ KAFKA_OAUTH_TOKEN_URL: 'http://127.0.0.1:1/' }), /KAFKA_OAUTH_TOKEN_URL/],
    [
      'an authority that is not known',
      () => ({ KAFKA_BROKERS: kafka.tls, KAFKA_TLS: 'true' }),
      /TLS.*KAFKA_TLS_CA_FILE/,
    ],
    ['no TLS where it is wanted', () => ({ KAFKA_BROKERS: kafka.tls }), /KAFKA_TLS/],
    ['TLS where there is none', () => overTls({ KAFKA_BROKERS: kafka.plaintext }), /KAFKA_TLS/],
    ['no login where it is wanted', () => overTls({ KAFKA_BROKERS: kafka.sasl }), /KAFKA_SASL_MECHANISM/],
    [
      'a login where none is taken',
      () => ({
        KAFKA_BROKERS: kafka.plaintext,
        KAFKA_SASL_MECHANISM: 'plain',
        KAFKA_SASL_USERNAME: 'u',
        KAFKA_SASL_PASSWORD: 'p',
      }),
      /KAFKA_SASL_MECHANISM/,
    ],
  ])('says what to look at: %s', async (_what, env, reason) => {
    await using(env(), async driver => {
      driver.open('secured', []);
      await eventually(() => expect(driver.problem).toMatch(reason), 30_000);
      await expect(driver.publish([probeRecord({ subject: 's1', seq: 0 })])).rejects.toThrow(reason);
    });
  });

  it('has a service that cannot log in take changes all the same, and say why it is not ready', async () => {
    const probe = await Probe.open(kafkaHarness(loggedIn('plain', { KAFKA_SASL_PASSWORD: 'wrong' })));
    try {
      const service = await probe.service([{ type: ProbeEvent.type, handler: 'probe', one: noop }]);
      const { uow } = await probe.persistence(1);
      await uow.run(TENANT, async tx => void (await service.messaging.outbox.add(tx, ProbeEvent, 's', probeData(0))));
      await eventually(async () => expect(await service.messaging.readiness()).toMatch(/KAFKA_SASL_USERNAME/));
      const { rows } = await probe.database.admin.query<{ n: number }>(
        `select count(*)::int as n from bus_probe.outbox`,
      );
      expect(rows[0]!.n).toBe(1);
    } finally {
      await probe.close();
    }
  });
});
