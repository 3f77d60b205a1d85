/** How clients speak to a listener (Kafka's security protocols). */
export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';

/** A listener beside the plain one. */
export interface Listener {
  /** Upper-case letters and digits; names the listener in its settings. */
  readonly name: string;
  readonly protocol: SecurityProtocol;
  /** Default: a free one. */
  readonly port?: number;
  /** Settings of this listener alone, without their prefix, e.g. `ssl.keystore.location`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export const LOOPBACK = '127.0.0.1';

export interface BrokerAddresses {
  readonly port: number;
  readonly controllerPort: number;
  readonly listeners: readonly (Listener & { readonly port: number })[];
}

/** The settings of a single node that is broker and controller (KRaft): small, on loopback only, quick for a few clients. */
export function brokerSettings(
  dataDir: string,
  { port, controllerPort, listeners }: BrokerAddresses,
  settings: Readonly<Record<string, string>>,
): Record<string, string> {
  const open = [{ name: 'PLAINTEXT', protocol: 'PLAINTEXT', port }, ...listeners];
  const advertised = open.map(one => `${one.name}://${LOOPBACK}:${one.port}`);
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    listeners: [...advertised, `CONTROLLER://${LOOPBACK}:${controllerPort}`].join(),
    'advertised.listeners': advertised.join(),
    'inter.broker.listener.name': 'PLAINTEXT',
    // Not the dynamic quorum: that writes its port into the data, and the next start may have another.
    'controller.quorum.voters': `1@${LOOPBACK}:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': [
      'CONTROLLER:PLAINTEXT',
      ...open.map(one => `${one.name}:${one.protocol}`),
    ].join(),
    'log.dirs': `${dataDir}/data`,
    'auto.create.topics.enable': 'false',
    'offsets.topic.num.partitions': '1',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    // A member need not wait for others that might join: there are few, and a test has no three seconds.
    'group.initial.rebalance.delay.ms': '0',
    // A broker that was killed may register again only when its session is over; 9 s by default.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    // The default is half of the heap below (CleanerConfig: 128 MiB).
    'log.cleaner.dedupe.buffer.size': '2097152',
    'num.network.threads': '1',
    'num.io.threads': '2',
    'background.threads': '2',
    ...Object.assign({}, ...listeners.map(listenerSettings)),
    ...settings,
  };
}

function listenerSettings({ name, settings = {} }: Listener): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`listener.name.${name.toLowerCase()}.${key}`, value]),
  );
}

/** As java.util.Properties reads them. */
export function formatProperties(settings: Readonly<Record<string, string>>): string {
  const escape = (text: string) =>
    text
      .replaceAll('\\', '\\\\')
      .replaceAll('\n', '\\n')
      .replace(/^ /, '\\ ')
      .replaceAll(/[^\x20-\x7e]/g, unicode);
  return Object.entries(settings)
    .map(([key, value]) => `${escape(key)}=${escape(value)}\n`)
    .join('');
}

function unicode(character: string): string {
  return [...Array(character.length).keys()]
    .map(at => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');
}
