import { setTimeout as delay } from 'node:timers/promises';
import { Signal } from '@countersign/kernel';
import { assign } from './assign.js';
import { PROTOCOLS, type Assignment, type GroupProtocol, type Subscription } from './group-protocol.js';
import { errorType, isBehind, isFenced } from './kafka-errors.js';
import type { KafkaLink } from './kafka-link.js';
import { joinGroup, type GroupBroker, type JoinedGroup } from './kafkajs-internals.js';

export interface MembershipOptions {
  group: string;
  /** Raised to LEAST_SESSION_MS where the broker takes none as short. */
  sessionTimeoutMs: number;
  /** Connections of its own: a broker answers one request of a connection after the other, and a join waits for all members. */
  link: KafkaLink;
  /** What it offers to speak; those of this version when none are named. */
  protocols?: readonly GroupProtocol[];
  /** What the member says of itself when it joins. */
  describe(): Omit<Subscription, 'generation'>;
  /** Called with what the group gives the member. What it then no longer has it must let go, and then say so with `rejoin`. */
  onAssignment(assignment: Assignment): Promise<void>;
  /** Whatever the member had may be another one's by now. */
  onLost(): void;
  onHeartbeat(): void;
  onError(error: unknown, doing: string): void;
}

/** In which generation of the group this member takes part. */
export interface Standing {
  readonly memberId: string;
  readonly generation: number;
}

/** The least session timeout that a broker takes unless it is told otherwise (group.min.session.timeout.ms). */
export const LEAST_SESSION_MS = 6_000;
const BEAT_MS = 500;
const RETRY_MS = 250;
const OUT: Standing = { memberId: '', generation: -1 };

/**
 * A member of a consumer group: joins, shares the partitions out if it is the one that leads, and keeps its membership with a
 * heartbeat of its own. It never waits for handlers: others may come and go while they run.
 */
export class Membership {
  private readonly wake = new Signal();
  private standing = OUT;
  /** Set while the member joins: the broker may be a generation ahead. */
  private joining?: PromiseWithResolvers<void>;
  /** Settles when the group has named the member that asks to join, or has not. */
  private naming?: Promise<void>;
  private again = true;
  private ended = false;
  private loop?: Promise<void>;
  private members = 0;
  /** When, on the clock that nobody sets, the request was sent by which the group last heard of this member. */
  private heardAt?: number;

  private readonly protocols: readonly GroupProtocol[];
  private sessionMs: number;

  constructor(private readonly options: MembershipOptions) {
    this.sessionMs = options.sessionTimeoutMs;
    this.protocols = options.protocols ?? PROTOCOLS;
  }

  start(): void {
    this.loop ??= this.run();
  }

  /** Milliseconds since the group last took a sign of life; undefined before it joined. */
  heartbeatAgeMs(): number | undefined {
    return this.heardAt === undefined ? undefined : performance.now() - this.heardAt;
  }

  /** How many members the group had when this one last led it; 0 when it does not lead. */
  get led(): number {
    return this.members;
  }

  get current(): Standing {
    return this.standing;
  }

  /** Resolves when no join is under way. */
  async settled(): Promise<void> {
    await this.joining?.promise;
  }

  /** Joins again, as what it has is another than what it said. */
  rejoin(): void {
    this.again = true;
    this.wake.fire();
  }

  /** What a refused commit says: the member is out, or a generation behind, unless it knows of a later one. */
  refused(standing: Standing, refusal: string): void {
    if (this.joining || standing !== this.standing) return;
    if (!isBehind(refusal)) this.lose();
    this.rejoin();
  }

  /** Ends the heartbeat and leaves the group, on connections that no join holds up. */
  async leave(link: KafkaLink): Promise<void> {
    this.ended = true;
    this.wake.fire();
    const { group } = this.options;
    await this.naming;
    const { memberId } = this.standing;
    if (memberId !== '') {
      await link
        .coordinated(group, broker => broker.leaveGroup({ groupId: group, memberId }))
        .catch((error: unknown) => {
          if (!isFenced(error)) this.options.onError(error, 'leaving the group');
        });
    }
    this.joining?.resolve();
    await this.options.link.close();
    await this.loop;
  }

  private get beatMs(): number {
    return Math.min(BEAT_MS, this.sessionMs / 5);
  }

  private async run(): Promise<void> {
    const watch = setInterval(() => this.fenceMyself(), this.beatMs);
    while (!this.ended) {
      try {
        if (this.again) await this.join();
        else await this.beat();
        if (!this.again) await this.wake.wait(this.beatMs);
      } catch (error) {
        if (!this.ended) await this.recover(error);
      }
    }
    clearInterval(watch);
  }

  /**
   * Cut off for a whole session, this member must take it that its partitions are others' by now; nobody can tell it. While
   * it waits for the others to join, the group waits with it.
   */
  private fenceMyself(): void {
    const limit = this.sessionMs * (this.joining ? 2 : 1);
    if (this.standing.generation < 0 || (this.heartbeatAgeMs() ?? 0) <= limit) return;
    this.standing = { ...this.standing, generation: -1 };
    this.options.onLost();
    this.rejoin();
  }

  private async beat(): Promise<void> {
    const { group, link } = this.options;
    const { memberId, generation } = this.standing;
    const sentAt = performance.now();
    await link.coordinated(group, broker =>
      broker.heartbeat({ groupId: group, memberId, groupGenerationId: generation }),
    );
    this.heard(sentAt);
  }

  private async join(): Promise<void> {
    this.again = false;
    this.joining ??= Promise.withResolvers();
    const { group, link } = this.options;
    const subscription = { ...this.options.describe(), generation: this.standing.generation };
    const naming = Promise.withResolvers<void>();
    this.naming = naming.promise;
    const named = (memberId: string) => {
      if (memberId !== this.standing.memberId) this.standing = { ...this.standing, memberId };
      naming.resolve();
    };
    const request = {
      groupId: group,
      sessionTimeout: this.sessionMs,
      rebalanceTimeout: this.sessionMs,
      memberId: this.standing.memberId,
      groupProtocols: this.protocols.map(one => ({ name: one.name, metadata: one.encodeSubscription(subscription) })),
    };
    const join = async (broker: GroupBroker) => {
      const joined = await joinGroup(broker, request, named);
      // From here on a heartbeat under the new id keeps the membership, even if what follows fails.
      this.standing = { memberId: joined.memberId, generation: joined.generationId };
      const sentAt = performance.now();
      const given = await this.sync(broker, joined);
      this.heard(sentAt);
      return given;
    };
    const assignment = await link.coordinated(group, join).finally(() => naming.resolve());
    await this.options.onAssignment(assignment);
    this.settle();
  }

  private async sync(broker: GroupBroker, joined: JoinedGroup): Promise<Assignment> {
    const { memberId, generationId, leaderId, members, groupProtocol } = joined;
    const protocol = this.protocols.find(({ name }) => name === groupProtocol);
    if (!protocol) throw new Error(`The group speaks ${groupProtocol}, which this member has not offered`);
    const leads = leaderId === memberId;
    this.members = leads ? members.length : 0;
    const said = members.map(one => [one.memberId, protocol.decodeSubscription(one.memberMetadata)] as const);
    const shares = leads ? [...assign(new Map(said))] : [];
    const { memberAssignment } = await broker.syncGroup({
      groupId: this.options.group,
      generationId,
      memberId,
      groupAssignment: shares.map(([id, share]) => ({
        memberId: id,
        memberAssignment: protocol.encodeAssignment(share),
      })),
    });
    return protocol.decodeAssignment(memberAssignment);
  }

  private async recover(error: unknown): Promise<void> {
    if (isFenced(error)) {
      if (!isBehind(errorType(error))) this.lose();
      this.again = true;
      return;
    }
    if (errorType(error) === 'INVALID_SESSION_TIMEOUT' && this.sessionMs < LEAST_SESSION_MS) {
      this.sessionMs = LEAST_SESSION_MS;
      this.again = true;
      return;
    }
    this.options.onError(error, 'keeping its membership');
    if (this.joining) this.again = true;
    await delay(RETRY_MS);
  }

  private lose(): void {
    this.standing = OUT;
    this.options.onLost();
  }

  private heard(sentAt: number): void {
    this.heardAt = sentAt;
    this.options.onHeartbeat();
  }

  private settle(): void {
    this.joining?.resolve();
    this.joining = undefined;
  }
}
