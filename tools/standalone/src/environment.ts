import type { DatabaseUrls, SecretFiles } from '@countersign/cli';
import { httpUrl, LOOPBACK, type Addresses } from './addresses.js';

/** Variables of our own process that mean something else in a service, or that a service must not be led by. */
const NOT_HANDED_ON = /^(npm_.*|INIT_CWD|PARENT_PIPE_FD|(https?|all|no|ftp)_proxy|DATABASE_.*_?URL(_FILE)?)$/i;

/** What carries the events. */
export type BusChoice =
  | { readonly kind: 'postgres' }
  /** `brokers` as KAFKA_BROKERS has them; `own` when the platform has started them. */
  | { readonly kind: 'kafka'; readonly brokers: string; readonly own: boolean };

/** How to get into a Kafka that an operator named; a broker of our own is plain. */
const KAFKA_ACCESS = /^KAFKA_(TLS|SASL|OAUTH)/;

/** The environment of one service: the same names as in a container, nothing of it tells where it runs. */
export function serviceEnvironment(
  name: string,
  inherited: Record<string, string | undefined>,
  addresses: Addresses,
  secrets: SecretFiles,
  bus: BusChoice,
  database?: DatabaseUrls,
): Record<string, string | undefined> {
  const own = addresses.of[name]!;
  const handedOn = Object.entries(inherited).filter(
    ([key]) => !NOT_HANDED_ON.test(key) && !(bus.kind === 'kafka' && bus.own && KAFKA_ACCESS.test(key)),
  );
  return {
    // A person's machine: receivers on loopback are what they try first. An operator's own list wins.
    WEBHOOK_ALLOWED_PRIVATE: '127.0.0.0/8,::1/128',
    ...Object.fromEntries(handedOn),
    WEBHOOK_DENIED_PORTS: [...privatePorts(addresses), ...busPorts(addresses, bus)].join(','),
    HOST: own.host,
    PORT: String(own.port),
    MANAGEMENT_PORT: String(own.managementPort),
    PUBLIC_URL: addresses.publicUrl,
    AUTH_MFA_URL: serviceUrl(addresses, 'auth-mfa'),
    USER_LIFECYCLE_URL: serviceUrl(addresses, 'user-lifecycle'),
    WEBHOOK_DISPATCHER_URL: serviceUrl(addresses, 'webhook-dispatcher'),
    SERVICE_KEYS_FILE: secrets.publicKeys,
    SERVICE_PRIVATE_KEY_FILE: secrets.privateKey(name),
    ...(database
      ? {
          BUS: bus.kind,
          ...(bus.kind === 'kafka' ? { KAFKA_BROKERS: bus.brokers } : {}),
          DATABASE_URL: database.app,
          DATABASE_WORKER_URL: database.worker,
          ENVELOPE_KEY_FILE: secrets.envelopeKey(name),
        }
      : {}),
  };
}

export function serviceUrl(addresses: Addresses, name: string): string {
  return httpUrl(LOOPBACK, addresses.of[name]!.port);
}

/** The platform's own ports, which no webhook may reach; the gateway's API is not one of them. */
function privatePorts(addresses: Addresses): number[] {
  return Object.entries(addresses.of).flatMap(([name, { port, managementPort }]) =>
    name === 'gateway' ? [managementPort] : [port, managementPort],
  );
}

function busPorts({ kafka }: Addresses, bus: BusChoice): number[] {
  if (bus.kind === 'postgres') return [];
  const named = bus.brokers.split(',').flatMap(broker => Number(/:(\d+)\s*$/.exec(broker)?.[1]) || []);
  return bus.own ? [...named, kafka.controllerPort] : named;
}
