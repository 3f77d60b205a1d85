import type { Headers } from '../envelope/envelope-codec.js';
import type { BatchSignal } from './batch-signal.js';

/** A record of the bus. `offset` is dense and ascending in its partition. */
export interface BusRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly headers: Headers;
  readonly value: Buffer | null;
  /** When the bus took it. */
  readonly timestamp: Date;
}

export type NewRecord = Omit<BusRecord, 'offset' | 'timestamp'>;

/** Records of one partition in their order, on loan to this member of the group. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly BusRecord[];
  /** Aborted when nothing new of the batch may be begun. */
  readonly signal: Pick<BatchSignal, 'aborted' | 'has' | 'onAbort'>;
  /**
   * Makes `offset` the next one that the group reads here, and this consumer's own position after the batch.
   * @throws PartitionLost when another member has it now, or an operator has set the group back
   */
  commit(offset: number): Promise<void>;
  /** After the batch, leaves the partition alone for so long (milliseconds); the others go on. */
  pause(ms: number): void;
}

/** The partition is no longer this member's; what it has done since its last commit is done again by the next owner. */
export class PartitionLost extends Error {
  override readonly name = 'PartitionLost';
}

/** The bus did not take records; the message says why in an operator's words. They may have arrived all the same. */
export class BusUnavailable extends Error {
  override readonly name = 'BusUnavailable';
}

export interface ConsumerOptions {
  group: string;
  topics: readonly string[];
  /** A member that was not heard of for so long (milliseconds) is out of the group. Handlers do not hold the heartbeat up. */
  sessionTimeoutMs: number;
  partitionsAtOnce: number;
  maxBatch: number;
  /** Must not throw for what a handler throws; if it does, the batch is delivered again from the last commit. */
  onBatch(batch: PartitionBatch): Promise<void>;
  /** Called when the set of partitions that this member holds has changed. */
  onAssignment(assigned: number): void;
  onPaused(paused: number): void;
  onError(error: unknown, doing: string): void;
}

/** A member of a consumer group. */
export interface BusConsumer {
  /** Joins; a group that is new begins at the oldest record that is retained. Goes on trying while the bus is away. */
  start(): Promise<void>;
  /** Aborts the batches' signals, waits until they have ended and committed, leaves the group. */
  stop(): Promise<void>;
  /** Milliseconds since the group last took this member's heartbeat; undefined before it has joined. */
  heartbeatAgeMs(): number | undefined;
}

/** What a dead-letter topic holds: the record as it was, with `dlq-*` headers. `id` names it for a redrive. */
export interface StoredDeadLetter {
  readonly id: string;
  readonly record: BusRecord;
}

export interface DeadLetterQuery {
  group: string;
  /** The topic that the record was first on. */
  topic?: string;
  handler?: string;
  limit: number;
  /** Continue after this id. */
  after?: string;
}

/** A place in a topic: of all its partitions, or of one where `partition` says so. */
export type SeekTarget = { time: Date } | { offset: number; partition?: number } | 'beginning' | 'end';

export interface PartitionOffset {
  partition: number;
  /** The next offset that the group reads. */
  offset: number;
}

export interface PartitionLag {
  topic: string;
  partition: number;
  /** The next offset that the group reads. */
  committed: number;
  /** The next offset that the bus will give. */
  end: number;
  /** Records that the group has yet to handle. */
  events: number;
  /** Age of the oldest of them. */
  seconds: number;
}

/** The session of the relay: statements on the one connection that holds the relay's lock. */
export interface RelaySession {
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
}

/** What carries the events. All of the bus that the runtime knows; one conformance suite describes it. */
export interface BusDriver {
  readonly name: string;
  /** Why the bus cannot be used at the moment, in an operator's words; undefined while it can or its use alone will tell. */
  readonly problem: string | undefined;
  /** Begins to look after what a service needs of the bus, the topics that its group reads among it. */
  open(group: string, reads: readonly string[]): void;
  /**
   * Resolves when the bus has the records for good; records of one partition keep their order.
   * @throws BusUnavailable or the driver's own error
   */
  publish(records: readonly NewRecord[]): Promise<void>;
  /**
   * Moves the oldest rows of an outbox (a schema-qualified table) to the bus, in order of their id, and deletes them only
   * when the bus has them for good. A crash between the two repeats rows, never loses one.
   * @returns how many were moved
   */
  relay(session: RelaySession, outbox: string, limit: number): Promise<number>;
  consumer(options: ConsumerOptions): BusConsumer;
  lag(group: string): Promise<PartitionLag[]>;
  /** Sets a group to another place in a topic while its members run: they drop what they hold and read from there. */
  seek(group: string, topic: string, to: SeekTarget): Promise<PartitionOffset[]>;
  /** Oldest first. */
  listDeadLetters(query: DeadLetterQuery): Promise<StoredDeadLetter[]>;
  findDeadLetters(group: string, ids: readonly string[]): Promise<StoredDeadLetter[]>;
  /** Takes a dead letter off the list after its redrive. */
  settleDeadLetter(group: string, id: string): Promise<void>;
  /** Deletes records that every group has handled and that are older than `retentionMs`; does nothing where the bus does so itself. */
  expire(retentionMs: number): Promise<number>;
  close(): Promise<void>;
}
