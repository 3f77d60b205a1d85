import { AssignerProtocol } from 'kafkajs';

/** Partitions by topic. */
export type Partitions = Record<string, number[]>;

/** A seek that waits until whoever has the partition has taken it; `id` is what the committed offset then names. */
export interface SeekOrder {
  id: string;
  topic: string;
  partition: number;
  offset: number;
}

/** What a member tells the others when it joins. */
export interface Subscription {
  topics: string[];
  /** What it has and goes on with until it is told otherwise, … */
  owned: Partitions;
  /** … and the generation in which it was given that. */
  generation: number;
  seeks: SeekOrder[];
}

/** What the leader gives a member. */
export interface Assignment {
  partitions: Partitions;
  /** Those of the seeks that are about its partitions. */
  seeks: SeekOrder[];
}

/** The name of this protocol among the members of a group; another one is not understood, so it changes with the format. */
export const PROTOCOL = 'countersign-1';

const VERSION = 0;
const { MemberMetadata, MemberAssignment } = AssignerProtocol;

/** In Kafka's own format, so that its tools show the topics; what only members need is JSON in the user data. */
export function encodeSubscription({ topics, ...own }: Subscription): Buffer {
  return MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.from(JSON.stringify(own)) });
}

export function decodeSubscription(bytes: Buffer): Subscription {
  const { topics = [], userData } = MemberMetadata.decode(bytes) ?? {};
  const own = JSON.parse(userData?.toString() || '{}') as Partial<Subscription>;
  return { topics, owned: own.owned ?? {}, generation: own.generation ?? -1, seeks: own.seeks ?? [] };
}

export function encodeAssignment({ partitions, seeks }: Assignment): Buffer {
  return MemberAssignment.encode({
    version: VERSION,
    assignment: partitions,
    userData: Buffer.from(JSON.stringify({ seeks })),
  });
}

/** An empty one where the leader gave the member nothing. */
export function decodeAssignment(bytes: Buffer): Assignment {
  const decoded = bytes.length > 0 ? MemberAssignment.decode(bytes) : null;
  const own = JSON.parse(decoded?.userData?.toString() || '{}') as Partial<Assignment>;
  return { partitions: decoded?.assignment ?? {}, seeks: own.seeks ?? [] };
}
