import { setTimeout as delay } from 'node:timers/promises';
import { DomainError, runInContext } from '@countersign/kernel';
import { isDatabaseUnavailable, UnitOfWork } from '@countersign/persistence';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ClearAbandoned } from './clear-abandoned.js';
import { HoldClaims } from './hold-claims.js';
import { OperationQueueRepository } from './operation-queue.repository.js';
import type { Operation } from './operation.js';
import { contextOf } from './operation-context.js';
import { RunOperation } from './run-operation.js';

const POLL_MS = 1_000;
/** Operations that one process works on at a time, each of another tenant. */
const AT_A_TIME = 4;
/** Tries of an operation that ends by a defect of our own, before it is given up. */
const MAX_TRIES = 5;
const REST_MS = 2_000;

/** The worker of one replica: takes operations that wait, one of a tenant at a time, and goes on with those of dead replicas. */
@Injectable()
export class RunOperations implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(RunOperations.name);
  private readonly stopped = new AbortController();
  private readonly running = new Map<string, Promise<void>>();
  /** Operations that failed by a defect or an outage of the database, and rest. */
  private readonly tries = new Map<string, number>();
  private readonly resting = new Set<string>();
  private wake = new AbortController();
  private loop?: Promise<void>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly queue: OperationQueueRepository,
    private readonly claims: HoldClaims,
    private readonly clearAbandoned: ClearAbandoned,
    private readonly runOperation: RunOperation,
  ) {}

  onApplicationBootstrap(): void {
    this.loop = this.poll();
  }

  /** Items under way are finished; other replicas, or the next start, go on with the rest. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    this.wakeUp();
    await this.loop;
    await Promise.all(this.running.values());
  }

  /** An operation waits. */
  wakeUp(): void {
    this.wake.abort();
  }

  private async poll(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      this.wake = new AbortController();
      try {
        await this.claims.keep();
        await this.clearAbandoned.execute();
        while (!signal.aborted && this.running.size < AT_A_TIME && (await this.startNext()));
      } catch (error) {
        this.logger.warn(`Operations cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      }
      await delay(POLL_MS, undefined, { signal: this.wake.signal }).catch(() => undefined);
    }
  }

  /** @returns whether there was one */
  private async startNext(): Promise<boolean> {
    const operation = await this.uow.system('claim operation', async tx => {
      await this.queue.lockClaims(tx);
      return this.queue.claim(tx, this.claims.id, this.claims.seconds, [...this.resting]);
    });
    if (!operation) return false;
    const run = runInContext(contextOf(operation), () => this.execute(operation)).finally(() => {
      this.running.delete(operation.id);
      this.wakeUp();
    });
    this.running.set(operation.id, run);
    return true;
  }

  private async execute(operation: Operation): Promise<void> {
    try {
      await this.runOperation.execute(operation, this.stopped.signal);
      this.tries.delete(operation.id);
    } catch (error) {
      await this.setAside(operation, error).catch((failure: unknown) => {
        this.logger.warn(`${operation.id} is free again when its claim ends: ${String(failure)}`);
      });
    }
  }

  /** The database is away, or a defect of our own: another try in a while, by whichever replica. */
  private async setAside(operation: Operation, error: unknown): Promise<void> {
    const { id } = operation;
    if (!isDatabaseUnavailable(error)) {
      this.logger.error(error, `operation ${id}`);
      const tries = (this.tries.get(id) ?? 0) + 1;
      this.tries.set(id, tries);
      if (tries >= MAX_TRIES) {
        this.tries.delete(id);
        const message = 'Something went wrong here; it was logged. Start the operation anew';
        return this.runOperation.fail(operation, new DomainError('internal_error', 'conflict', message));
      }
    }
    this.resting.add(id);
    setTimeout(() => this.resting.delete(id), REST_MS).unref();
    await this.uow.system('release operation', tx => this.queue.release(tx, id, this.claims.id));
  }
}
