import { errorType, isFenced } from './kafka-errors.js';
import type { KafkaLink } from './kafka-link.js';
import type { GroupBroker, GroupCluster } from './kafkajs-internals.js';

/** A place in a partition; `topic` as the cluster names it. */
export interface TopicPartition {
  topic: string;
  partition: number;
}

/** What is kept with a committed offset, as its metadata. */
export interface PlaceLabel {
  /** Id of the last seek that was taken there; empty when there was none. */
  mark: string;
  /** Id of the topic in whose log the offset is; empty where that is not known. */
  log: string;
}

export interface CommittedPlace extends TopicPartition, PlaceLabel {
  /** Undefined where the group has committed none. */
  offset: number | undefined;
}

export interface LabelledOffset extends TopicPartition, PlaceLabel {
  offset: number;
}

/** Times that ListOffsets takes for a place (Kafka protocol). */
export const OLDEST = -2;
export const NEWEST = -1;

/** What the group has committed; of these partitions, or of all it ever committed. */
export async function fetchCommitted(
  link: KafkaLink,
  group: string,
  partitions: readonly TopicPartition[] | 'all',
): Promise<CommittedPlace[]> {
  const topics =
    partitions === 'all'
      ? []
      : [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, list]) => ({
          topic,
          partitions: list.map(({ partition }) => ({ partition })),
        }));
  if (partitions !== 'all' && topics.length === 0) return [];
  const { responses } = await link.coordinated(group, broker => broker.offsetFetch({ groupId: group, topics }));
  return responses.flatMap(response =>
    response.partitions.map(({ partition, offset, metadata }) => ({
      topic: response.topic,
      partition,
      offset: Number(offset) < 0 ? undefined : Number(offset),
      ...readLabel(metadata ?? ''),
    })),
  );
}

/**
 * @param member who commits; outside a generation only a group without members takes it
 * @returns why the group did not take it, as Kafka names that (`UNKNOWN_MEMBER_ID`); undefined when it did
 */
export async function commitOffsets(
  link: KafkaLink,
  group: string,
  member: { memberId: string; generation: number },
  places: readonly LabelledOffset[],
): Promise<string | undefined> {
  const topics = [...Map.groupBy(places, ({ topic }) => topic)].map(([topic, list]) => ({
    topic,
    partitions: list.map(({ partition, offset, mark, log }) => ({
      partition,
      offset: String(offset),
      metadata: log === '' ? mark : `${mark} ${log}`,
    })),
  }));
  const request = { groupId: group, memberId: member.memberId, groupGenerationId: member.generation, topics };
  try {
    await link.coordinated(group, broker => broker.offsetCommit(request));
    return undefined;
  } catch (error) {
    if (isFenced(error)) return errorType(error);
    throw error;
  }
}

/**
 * The offsets at a time (milliseconds since 1970), or OLDEST or NEWEST, by partition; -1 where nothing is that young.
 * A partition without a leader is left out.
 */
export async function listOffsets(
  link: KafkaLink,
  partitions: readonly TopicPartition[],
  time: number,
): Promise<Map<string, number>> {
  if (partitions.length === 0) return new Map();
  return link.use(async cluster => {
    await cluster.addMultipleTargetTopics([...new Set(partitions.map(({ topic }) => topic))]);
    const leaderOf = (place: TopicPartition) => leaderIn(cluster, place);
    if (partitions.some(place => leaderOf(place) === undefined)) await cluster.refreshMetadata();
    const answers = await Promise.all(
      [...Map.groupBy(partitions, leaderOf)].map(async ([nodeId, led]) => {
        if (nodeId === undefined) return [];
        return askLeader(await cluster.findBroker({ nodeId }), led, time);
      }),
    );
    return new Map(answers.flat());
  });
}

function readLabel(metadata: string): PlaceLabel {
  const [mark = '', log = ''] = metadata.split(' ');
  return { mark, log };
}

/** The node that leads the partition, as the client last heard. */
export function leaderIn(cluster: GroupCluster, { topic, partition }: TopicPartition): number | undefined {
  const found = cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition);
  return found && found.leader >= 0 ? found.leader : undefined;
}

async function askLeader(
  broker: GroupBroker,
  partitions: readonly TopicPartition[],
  time: number,
): Promise<[string, number][]> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, list]) => ({
    topic,
    partitions: list.map(({ partition }) => ({ partition, timestamp: String(time) })),
  }));
  const { responses } = await broker.listOffsets({ replicaId: -1, isolationLevel: 0, topics });
  return responses.flatMap(({ topic, partitions: answers }) =>
    answers.map(({ partition, offset }): [string, number] => [placeName({ topic, partition }), Number(offset)]),
  );
}

export function placeName({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
