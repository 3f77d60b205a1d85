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

/**
 * How the members of a group say to each other what they have and get. Brokers read the topics of a subscription: whatever
 * else changes, that stays in Kafka's own format.
 */
export interface GroupProtocol {
  readonly name: string;
  encodeSubscription(subscription: Subscription): Buffer;
  decodeSubscription(bytes: Buffer): Subscription;
  encodeAssignment(assignment: Assignment): Buffer;
  /** An empty one where the leader gave the member nothing. */
  decodeAssignment(bytes: Buffer): Assignment;
}

const VERSION = 0;
const { MemberMetadata, MemberAssignment } = AssignerProtocol;

/** In Kafka's own format, so that its tools show the topics; what only members need is JSON in the user data. */
export const COUNTERSIGN_1: GroupProtocol = {
  name: 'countersign-1',

  encodeSubscription({ topics, ...own }) {
    return MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.from(JSON.stringify(own)) });
  },

  decodeSubscription(bytes) {
    const { topics = [], userData } = MemberMetadata.decode(bytes) ?? {};
    const own = JSON.parse(userData?.toString() || '{}') as Partial<Subscription>;
    return { topics, owned: own.owned ?? {}, generation: own.generation ?? -1, seeks: own.seeks ?? [] };
  },

  encodeAssignment({ partitions, seeks }) {
    const userData = Buffer.from(JSON.stringify({ seeks }));
    return MemberAssignment.encode({ version: VERSION, assignment: partitions, userData });
  },

  decodeAssignment(bytes) {
    const decoded = bytes.length > 0 ? MemberAssignment.decode(bytes) : null;
    const own = JSON.parse(decoded?.userData?.toString() || '{}') as Partial<Assignment>;
    return { partitions: decoded?.assignment ?? {}, seeks: own.seeks ?? [] };
  },
};

/**
 * What a member offers, the one that it would rather speak first. The coordinator picks one that all members offer, so a
 * format changes in two releases: the first puts the new protocol in front, the second drops the old one.
 */
export const PROTOCOLS: readonly GroupProtocol[] = [COUNTERSIGN_1];
