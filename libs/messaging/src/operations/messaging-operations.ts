import { TOPICS } from '@countersign/contracts';
import { DomainError, invalidField } from '@countersign/kernel';
import type { BusDriver, PartitionLag, PartitionOffset, SeekTarget, StoredDeadLetter } from '../port/bus-driver.js';
import { describeDeadLetter, type DeadLetter } from '../consumer/dead-letter.js';

export interface DeadLetterFilter {
  /** The topic that the event was on, not its dead-letter topic. */
  topic?: string;
  handler?: string;
}

export interface DeadLetterPage {
  items: DeadLetter[];
  /** Opaque; null at the end. */
  nextCursor: string | null;
}

export type RedriveRequest = { ids: string[] } | DeadLetterFilter;

export interface RedriveResult {
  /** Ids of dead letters whose handler took them now; they are off the list. */
  redriven: string[];
  /** Those that failed again and stay. */
  failed: { id: string; error: string }[];
}

export interface SeekRequest {
  /** The service's own group, which is also the default. */
  group?: string;
  topic: string;
  /** `time` is RFC 3339: the first event that the bus took then or later. An offset is for one partition, or for all. */
  to: 'beginning' | 'end' | { time: string } | { offset: string | number; partition?: number };
  /**
   * Whether effects that went through the inbox happen again, as for a read model that was built wrongly. Without it the
   * events are delivered again, but what an inbox guards stays done once.
   */
  again?: boolean;
}

export interface SeekResult {
  group: string;
  topic: string;
  partitions: PartitionOffset[];
}

export interface GroupLag extends PartitionLag {
  group: string;
}

/** Hands one dead letter to the handler it names. */
export type Redrive = (letter: StoredDeadLetter) => Promise<void>;

/** Whether the service reads a topic. */
export type Reads = (topic: string) => boolean;

/** Makes the handlers of a topic take its events as new. */
export type Forget = (topic: string) => Promise<void>;

/** Most dead letters that one redrive by filter takes; the caller repeats it. */
const REDRIVE_LIMIT = 200;

/** What an operator may do with the service's consumer group. */
export class MessagingOperations {
  constructor(
    private readonly group: string,
    private readonly driver: BusDriver,
    private readonly reads: Reads,
    private readonly redriveOne: Redrive,
    private readonly forget: Forget,
  ) {}

  async listDeadLetters(query: DeadLetterFilter & { limit: number; cursor?: string }): Promise<DeadLetterPage> {
    const { topic, handler, limit, cursor } = query;
    const after = cursor === undefined ? undefined : readCursor(cursor);
    const found = await this.driver.listDeadLetters({ group: this.group, topic, handler, limit: limit + 1, after });
    const page = found.slice(0, limit);
    return {
      items: page.map(describeDeadLetter),
      nextCursor: found.length > limit ? Buffer.from(page.at(-1)!.id).toString('base64url') : null,
    };
  }

  /**
   * Hands dead letters to their handlers again, each to the one that could not take it, oldest first and one at a time.
   * An event comes later than its successors that way: handlers of states compare versions.
   */
  async redrive(request: RedriveRequest): Promise<RedriveResult> {
    const letters =
      'ids' in request
        ? await this.driver.findDeadLetters(this.group, request.ids)
        : await this.driver.listDeadLetters({ group: this.group, ...request, limit: REDRIVE_LIMIT });
    const result: RedriveResult = { redriven: [], failed: [] };
    if ('ids' in request) {
      const known = new Set(letters.map(letter => letter.id));
      for (const id of request.ids) if (!known.has(id)) result.failed.push({ id, error: 'No such dead letter' });
    }
    for (const letter of letters) {
      try {
        await this.redriveOne(letter);
        await this.driver.settleDeadLetter(this.group, letter.id);
        result.redriven.push(letter.id);
      } catch (error) {
        result.failed.push({ id: letter.id, error: error instanceof Error ? error.message : String(error) });
      }
    }
    return result;
  }

  /**
   * Sets the service's group to another place in a topic while its consumers run.
   * @throws DomainError `not_found` for another service's group; naming the field, for a topic that is unknown or not read
   * by the service (its records would wait for that group for ever), and for no place
   */
  async seek(request: SeekRequest): Promise<SeekResult> {
    const { group = this.group, topic } = request;
    if (group !== this.group) {
      throw new DomainError('not_found', 'not_found', `This service's consumer group is ${this.group}`);
    }
    if (!(TOPICS as readonly string[]).includes(topic)) {
      throw invalidField('/topic', 'unknown_topic', `No topic ${topic}`);
    }
    const to = seekTarget(request.to);
    if (!this.reads(topic)) {
      throw invalidField('/topic', 'topic_not_read', `${this.group} has no handler of events of ${topic}`);
    }
    // Before the seek: what is delivered again right after it must find the inbox without its row.
    if (request.again) await this.forget(topic);
    return { group, topic, partitions: await this.driver.seek(group, topic, to) };
  }

  async lag(): Promise<GroupLag[]> {
    return (await this.driver.lag(this.group)).map(lag => ({ group: this.group, ...lag }));
  }
}

function seekTarget(to: SeekRequest['to']): SeekTarget {
  if (typeof to === 'string') return to;
  if ('time' in to) {
    const time = new Date(to.time);
    if (Number.isNaN(time.getTime()))
      throw invalidField('/to/time', 'invalid_time', 'An RFC 3339 time such as 2026-01-31T12:00:00Z');
    return { time };
  }
  const offset = Number(to.offset);
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw invalidField('/to/offset', 'invalid_offset', 'A whole number from 0');
  return { offset, partition: to.partition };
}

function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (!/^[\w.-]+:\d+:\d+$/.test(id)) throw invalidField('?cursor', 'invalid_cursor', 'Not a cursor of this list');
  return id;
}
