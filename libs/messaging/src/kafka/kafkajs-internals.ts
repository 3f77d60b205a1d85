import { Kafka, type Broker, type Cluster, type PartitionAssigner } from 'kafkajs';

/** A record as kafkajs decodes it. Numbers of 64 bits are text. */
export interface FetchedMessage {
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer | Buffer[] | null | undefined>;
  isControlRecord?: boolean;
}

export interface FetchedPartition {
  partition: number;
  highWatermark: string;
  messages: FetchedMessage[];
}

export interface JoinedGroup {
  generationId: number;
  /** The protocol that the coordinator has chosen among those which every member offers. */
  groupProtocol: string;
  leaderId: string;
  memberId: string;
  /** Only the leader gets them. */
  members: { memberId: string; memberMetadata: Buffer }[];
}

export interface OffsetCommitRequest {
  groupId: string;
  groupGenerationId: number;
  memberId: string;
  topics: { topic: string; partitions: { partition: number; offset: string; metadata: string | null }[] }[];
}

export interface PartitionMetadata {
  partitionId: number;
  leader: number;
}

/** The requests that kafkajs can make, of which its types name only some. */
export interface GroupBroker extends Pick<Broker, 'isConnected' | 'connect' | 'disconnect'> {
  readonly nodeId: number;
  /** What makes the request of an API in the newest version that both sides know. */
  lookupRequest(apiKey: number, definitions: unknown): (request: object) => unknown;
  metadata(topics: readonly string[]): Promise<{
    brokers: { nodeId: number }[];
    topicMetadata: { topic: string; partitionMetadata: PartitionMetadata[] }[];
  }>;
  joinGroup(request: {
    groupId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    memberId: string;
    groupProtocols: { name: string; metadata: Buffer }[];
  }): Promise<JoinedGroup>;
  syncGroup(request: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ memberAssignment: Buffer }>;
  heartbeat(request: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
  offsetCommit(request: OffsetCommitRequest): Promise<unknown>;
  offsetFetch(request: {
    groupId: string;
    topics: { topic: string; partitions: { partition: number }[] }[];
  }): Promise<{ responses: { topic: string; partitions: CommittedOffset[] }[] }>;
  fetch(request: {
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): Promise<{ responses: { topicName: string; partitions: FetchedPartition[] }[] }>;
  listOffsets(request: {
    replicaId: number;
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; timestamp: string }[] }[];
  }): Promise<{ responses: { topic: string; partitions: { partition: number; offset: string }[] }[] }>;
  createTopics(request: { topics: NewTopic[]; timeout: number }): Promise<unknown>;
  describeConfigs(request: { resources: { type: number; name: string; configNames: string[] }[] }): Promise<{
    resources: { resourceName: string; configEntries: { configName: string; configValue: string | null }[] }[];
  }>;
}

export interface CommittedOffset {
  partition: number;
  /** -1 where the group has none. */
  offset: string;
  metadata: string | null;
}

export interface NewTopic {
  topic: string;
  numPartitions: number;
  replicationFactor: number;
  configEntries: { name: string; value: string }[];
}

export interface GroupCluster extends Omit<Cluster, 'findBroker' | 'findGroupCoordinator' | 'findControllerBroker'> {
  findBroker(node: { nodeId: number | string }): Promise<GroupBroker>;
  findGroupCoordinator(group: { groupId: string }): Promise<GroupBroker>;
  findControllerBroker(): Promise<GroupBroker>;
}

const CLUSTER_METHODS = [
  'connect',
  'disconnect',
  'refreshMetadata',
  'addMultipleTargetTopics',
  'getNodeIds',
  'findBroker',
  'findGroupCoordinator',
  'findControllerBroker',
  'findTopicPartitionMetadata',
] as const satisfies (keyof GroupCluster)[];
const BROKER_METHODS = [
  'lookupRequest',
  'metadata',
  'joinGroup',
  'syncGroup',
  'heartbeat',
  'leaveGroup',
  'offsetCommit',
  'offsetFetch',
  'fetch',
  'listOffsets',
  'createTopics',
  'describeConfigs',
] as const satisfies (keyof GroupBroker)[];

/**
 * A kafkajs cluster: connections and requests without kafkajs' own consumer, which stops all partitions for one, dies of a
 * TypeError and knows no orderly hand-over. It is what kafkajs hands to an assigner of partitions, so no private name is used.
 * @throws Error when this kafkajs lacks what the driver builds on
 */
export function newCluster(kafka: Kafka): GroupCluster {
  const captured: unknown[] = [];
  const capture: PartitionAssigner = ({ cluster }) => {
    captured.push(cluster);
    return { name: 'unused', version: 0, assign: () => Promise.resolve([]), protocol: () => unused() };
  };
  kafka.consumer({ groupId: 'unused', partitionAssigners: [capture], allowAutoTopicCreation: false });
  return checked(captured[0] as GroupCluster, CLUSTER_METHODS, 'cluster');
}

export function checkedBroker(broker: GroupBroker): GroupBroker {
  return checked(broker, BROKER_METHODS, 'broker');
}

/**
 * Joins a group. To one who has no id yet the coordinator gives one and has it join again under that: kafkajs does so at
 * once, and its caller learns the id only when all others have joined too. A member that stops before could not leave, and
 * the group would wait for the end of its session.
 * @param named told the id before the request under it goes out
 */
export function joinGroup(
  broker: GroupBroker,
  request: Parameters<GroupBroker['joinGroup']>[0],
  named: (memberId: string) => void,
): Promise<JoinedGroup> {
  const lookupRequest: GroupBroker['lookupRequest'] = (...api) => {
    const make = broker.lookupRequest(...api);
    return join => {
      const { memberId } = join as { memberId: string };
      if (memberId !== '') named(memberId);
      return make(join);
    };
  };
  return withRequests(broker, lookupRequest).joinGroup(request);
}

/** The same broker, whose requests are made in another way than kafkajs makes them. */
export function withRequests(broker: GroupBroker, lookupRequest: GroupBroker['lookupRequest']): GroupBroker {
  return Object.create(broker, { lookupRequest: { value: lookupRequest } }) as GroupBroker;
}

function checked<T extends object>(part: T | undefined, methods: readonly (keyof T)[], name: string): T {
  const missing = methods.filter(method => typeof part?.[method] !== 'function');
  if (part && missing.length === 0) return part;
  throw new Error(`The ${name} of this kafkajs has no ${missing.join(', ')}; the driver is written for 2.2.4`);
}

function unused(): never {
  throw new Error('The cluster is used without a kafkajs consumer');
}
