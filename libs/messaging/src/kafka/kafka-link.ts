import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { LoggerService } from '@nestjs/common';
import { Kafka, logLevel, type ISocketFactory, type Producer, type ProducerConfig } from 'kafkajs';
import { clientLog } from './client-log.js';
import type { KafkaSettings } from './kafka-settings.js';
import { checkedBroker, newCluster, type GroupBroker, type GroupCluster } from './kafkajs-internals.js';
import { isFenced, isStale, keepsLink } from './kafka-errors.js';
import { patchKafkajs } from './kafkajs-patches.js';

/** How long (milliseconds) a connection may take, and an answer that nothing makes the broker wait for. */
const CONNECT_MS = 5_000;
const REQUEST_MS = 15_000;
const CLOSE_MS = 1_000;

export interface LinkOptions {
  settings: KafkaSettings;
  clientId: string;
  logger: LoggerService;
}

/** A kafkajs client whose sockets can be closed at once, whatever kafkajs still waits for on them. */
class Client {
  private readonly sockets = new Set<Socket>();
  private destroyed = false;
  readonly kafka: Kafka;

  constructor({ settings, clientId, logger }: LinkOptions) {
    patchKafkajs();
    this.kafka = new Kafka({
      brokers: settings.brokers,
      ssl: settings.ssl,
      sasl: settings.sasl,
      clientId,
      connectionTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      authenticationTimeout: REQUEST_MS,
      // Tried again by the driver, which knows what is at stake and says so in readiness.
      retry: { retries: 1, initialRetryTime: 50, maxRetryTime: 500 },
      logLevel: logLevel.WARN,
      logCreator: clientLog(logger),
      socketFactory: this.socketFactory,
    });
  }

  /** For good: what kafkajs tries again meanwhile opens none either. */
  destroySockets(): void {
    this.destroyed = true;
    for (const socket of this.sockets) socket.destroy(new Error('closed by this client'));
  }

  private readonly socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.destroyed) throw new Error('closed by this client');
    const socket = (ssl as unknown)
      ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
      : connectTcp({ host, port }, onConnect);
    socket.setKeepAlive(true, 10_000);
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    return socket;
  };
}

/**
 * One set of connections to the cluster, opened at the first use. What fails for another reason than the broker's considered
 * answer has them replaced: kafkajs does not recover from every state of a connection.
 */
export class KafkaLink {
  private current?: { client: Client; cluster: Promise<GroupCluster> };
  private coordinator?: { group: string; broker: Promise<GroupBroker> };
  private closed = false;

  constructor(private readonly options: LinkOptions) {}

  get isClosed(): boolean {
    return this.closed;
  }

  async use<T>(work: (cluster: GroupCluster) => Promise<T>): Promise<T> {
    if (this.closed) throw new Error('The connection to Kafka is closed');
    const used = (this.current ??= this.open());
    try {
      return await work(await used.cluster);
    } catch (error) {
      if (!keepsLink(error)) this.drop(used);
      else if (isStale(error)) await this.refresh(used);
      throw error;
    }
  }

  /** Any broker. */
  any<T>(work: (broker: GroupBroker) => Promise<T>): Promise<T> {
    return this.use(async cluster => {
      const [nodeId] = cluster.getNodeIds();
      if (nodeId === undefined) await cluster.refreshMetadata();
      return work(await cluster.findBroker({ nodeId: nodeId ?? cluster.getNodeIds()[0]! }));
    });
  }

  /** The broker that coordinates the group; looked up again after any failure that the group's state does not explain. */
  coordinated<T>(group: string, work: (broker: GroupBroker) => Promise<T>): Promise<T> {
    return this.use(async cluster => {
      if (this.coordinator?.group !== group)
        this.coordinator = { group, broker: cluster.findGroupCoordinator({ groupId: group }) };
      const { broker } = this.coordinator;
      try {
        return await work(await broker);
      } catch (error) {
        // It may be another by now, or the look-up itself may have failed.
        if (!isFenced(error)) this.coordinator = undefined;
        throw error;
      }
    });
  }

  /** Closes at once: whoever still waits on the connections is told that they are no more. */
  destroy(): void {
    this.closed = true;
    this.current?.client.destroySockets();
  }

  async close(): Promise<void> {
    this.closed = true;
    const used = this.current;
    if (used) await disconnect(used.client, async () => (await used.cluster).disconnect());
  }

  private open(): { client: Client; cluster: Promise<GroupCluster> } {
    const client = new Client(this.options);
    const cluster = newCluster(client.kafka);
    const connected = async () => {
      await cluster.connect();
      await cluster.refreshMetadata();
      checkedBroker(await cluster.findBroker({ nodeId: cluster.getNodeIds()[0]! }));
      return cluster;
    };
    return { client, cluster: connected() };
  }

  private async refresh(used: { client: Client; cluster: Promise<GroupCluster> }): Promise<void> {
    try {
      await (await used.cluster).refreshMetadata();
    } catch {
      // For instance a topic that is no more: the next connections know of none.
      this.drop(used);
    }
  }

  /** Without a good-bye: whoever else waits on these connections is to know at once. */
  private drop(used: { client: Client; cluster: Promise<GroupCluster> }): void {
    if (this.current !== used) return;
    this.current = undefined;
    this.coordinator = undefined;
    used.client.destroySockets();
    used.cluster.then(cluster => cluster.disconnect()).catch(() => undefined);
  }
}

/** A kafkajs producer with connections of its own. */
export class ProducerLink {
  private readonly client: Client;
  private readonly producer: Producer;
  private connecting?: Promise<void>;

  constructor(options: LinkOptions, config: ProducerConfig) {
    this.client = new Client(options);
    this.producer = this.client.kafka.producer(config);
  }

  /** The producer, connected at the first call. */
  async connected(): Promise<Producer> {
    this.connecting ??= this.producer.connect();
    await this.connecting;
    return this.producer;
  }

  close(): Promise<void> {
    return disconnect(this.client, () => this.producer.disconnect());
  }
}

async function disconnect(client: Client, orderly: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise(resolve => (timer = setTimeout(resolve, CLOSE_MS)));
  await Promise.race([orderly().catch(() => undefined), late]);
  clearTimeout(timer);
  client.destroySockets();
}
