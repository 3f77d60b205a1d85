import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startKafka } from '@countersign/kafka-broker';
import { startOauthServer, type OauthServer } from './oauth-server.js';

export interface SecuredKafka {
  readonly plaintext: string;
  readonly tls: string;
  /** Over TLS, with every way to log in. */
  readonly sasl: string;
  readonly caFile: string;
  readonly oauth: OauthServer;
  close(): Promise<void>;
}

export const USER = { name: 'countersign', password: 'for-tests-only' };
const STORE_PASSWORD = 'for-tests-only';
const JAAS = 'org.apache.kafka.common.security';

/** A broker whose listeners want TLS and a login. Its certificate is made with the keytool that Java brings along. */
export async function startSecuredKafka(): Promise<SecuredKafka> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-secured-'));
  const oauth = await startOauthServer();
  const { store, caFile } = await makeCertificate(folder);
  const tls = {
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': store,
    'ssl.keystore.password': STORE_PASSWORD,
    'ssl.key.password': STORE_PASSWORD,
  };
  const broker = await startKafka({
    dataDir: join(folder, 'kafka'),
    users: (['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const).map(mechanism => ({ mechanism, ...USER })),
    jvmOptions: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${oauth.jwksUrl}`],
    listeners: [
      { name: 'TLS', protocol: 'SSL', settings: tls },
      {
        name: 'SASL',
        protocol: 'SASL_SSL',
        settings: {
          ...tls,
          'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
          'plain.sasl.jaas.config': `${JAAS}.plain.PlainLoginModule required user_${USER.name}="${USER.password}";`,
          'scram-sha-256.sasl.jaas.config': `${JAAS}.scram.ScramLoginModule required;`,
          'scram-sha-512.sasl.jaas.config': `${JAAS}.scram.ScramLoginModule required;`,
          'oauthbearer.sasl.jaas.config': `${JAAS}.oauthbearer.OAuthBearerLoginModule required;`,
          'oauthbearer.sasl.server.callback.handler.class': `${JAAS}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
          'sasl.oauthbearer.jwks.endpoint.url': oauth.jwksUrl,
          'sasl.oauthbearer.expected.audience': 'kafka',
        },
      },
    ],
  });
  return {
    plaintext: broker.brokers[0]!,
    tls: broker.listeners['TLS']!,
    sasl: broker.listeners['SASL']!,
    caFile,
    oauth,
    close: async () => {
      await broker.kill();
      await oauth.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A self-signed certificate, which is its own authority. */
async function makeCertificate(folder: string): Promise<{ store: string; caFile: string }> {
  const [store, caFile] = [join(folder, 'broker.p12'), join(folder, 'ca.pem')];
  const keytool = (...args: string[]) =>
    promisify(execFile)('keytool', [...args, '-alias', 'broker', '-keystore', store, '-storepass', STORE_PASSWORD]);
  await keytool(
    ...['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '2', '-storetype', 'PKCS12'],
    ...['-dname', 'CN=kafka', '-ext', 'san=ip:127.0.0.1,dns:localhost'],
  );
  await keytool('-exportcert', '-rfc', '-file', caFile);
  return { store, caFile };
}
