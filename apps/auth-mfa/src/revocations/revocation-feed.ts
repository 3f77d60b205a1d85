import { setTimeout as delay } from 'node:timers/promises';
import type { RevocationLine } from '@countersign/contracts';
import type { Clock } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { RevocationRepository, type KeptRevocation } from './revocation.repository.js';

const POLL_MS = 250;
const HEARTBEAT_MS = 1_000;

export interface FollowerOptions {
  /** Called with each line; must not throw. */
  send(line: RevocationLine): void;
  /** Called once when the service stops. */
  end(): void;
}

/**
 * One reader of the revocations for all streams of this replica. It reads again from the oldest transaction that was still
 * running, so a row that commits late is never skipped, and sends each row once. A heartbeat says that a read has just
 * succeeded: while the database is away there is none, and verifiers know that they may be missing something.
 */
@Injectable()
export class RevocationFeed implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('revocation-feed');
  private readonly followers = new Set<FollowerOptions>();
  private readonly stopped = new AbortController();
  private horizon = 0n;
  /** Rows at or above the horizon that were sent: they will be read again. */
  private sent = new Map<string, bigint>();
  private heartbeatAt = 0;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly revocations: RevocationRepository,
  ) {}

  onModuleInit(): void {
    void this.poll();
  }

  beforeApplicationShutdown(): void {
    this.stopped.abort();
    for (const follower of this.followers) follower.end();
    this.followers.clear();
  }

  /**
   * Sends the unexpired revocations from `cursor` on, `caughtUp`, and then every new one; each line carries the cursor to
   * come back with.
   * @param cursor of a line received before; empty or unreadable = everything
   * @returns a function that ends the following
   */
  async follow(cursor: string, follower: FollowerOptions): Promise<() => void> {
    // Lines of the running feed wait until the past has been sent, or a `caughtUp` could come before an older row.
    const early: RevocationLine[] = [];
    const held: FollowerOptions = { send: line => void early.push(line), end: () => follower.end() };
    if (this.stopped.signal.aborted) follower.end();
    else this.followers.add(held);
    try {
      const { rows, horizon } = await this.read(/^[0-9]{1,18}$/.test(cursor) ? BigInt(cursor) : 0n);
      for (const row of rows) follower.send({ cursor, revocation: row.revocation });
      follower.send({ cursor: horizon.toString(), caughtUp: true });
      for (const line of early) follower.send(line);
      held.send = line => follower.send(line);
    } catch (error) {
      this.followers.delete(held);
      throw error;
    }
    return () => void this.followers.delete(held);
  }

  private read(since: bigint) {
    return this.uow.system('revocation feed', tx => this.revocations.readSince(tx, since, this.clock.now()));
  }

  private async poll(): Promise<void> {
    const { signal } = this.stopped;
    let failing = false;
    while (!signal.aborted) {
      try {
        const { rows, horizon } = await this.read(this.horizon);
        this.publish(rows, horizon);
        failing = false;
      } catch (error) {
        if (!failing && !signal.aborted) this.logger.warn(`Revocations cannot be read: ${String(error)}`);
        failing = true;
      }
      await delay(POLL_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  private publish(rows: readonly KeptRevocation[], horizon: bigint): void {
    const cursor = horizon.toString();
    const again = new Map<string, bigint>();
    let silent = true;
    for (const { id, xid, revocation } of rows) {
      if (!this.sent.has(id)) {
        this.broadcast({ cursor, revocation });
        silent = false;
      }
      if (xid >= horizon) again.set(id, xid);
    }
    this.sent = again;
    this.horizon = horizon;
    const now = performance.now();
    if (silent && now - this.heartbeatAt < HEARTBEAT_MS) return;
    this.heartbeatAt = now;
    if (silent) this.broadcast({ cursor });
  }

  private broadcast(line: RevocationLine): void {
    for (const follower of this.followers) follower.send(line);
  }
}
