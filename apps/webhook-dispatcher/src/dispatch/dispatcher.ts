import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Signal, type TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { CONFIG } from '@countersign/platform';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { WebhookDispatcherConfig } from '../config.js';
import { EndpointDirectory } from '../endpoints/endpoint-directory.js';
import { BlockedLanes } from './blocked-lanes.js';
import { BreakerRepository } from './breaker.repository.js';
import { ClaimDeliveries } from './claim-deliveries.js';
import type { Completion } from './completion.js';
import { Completions } from './completions.js';
import { DispatcherMetrics } from './dispatcher-metrics.js';
import { EndpointGates } from './endpoint-gates.js';
import type { Job } from './job.js';
import { KeepClaims } from './keep-claims.js';
import { RunAttempt } from './run-attempt.js';
import { Scheduler } from './scheduler.js';

const POLL_MS = 250;
const REFRESH_MS = 1_000;
/** How long a stop waits for attempts in flight, in milliseconds; what is left is taken over by others. */
const DRAIN_MS = 8_000;
/** After a defect of our own a delivery rests for so long, in milliseconds. */
const DEFECT_WAIT_MS = 10_000;
const CAPACITY = 10_000;
/** Of one endpoint: a fetch of half of it takes less time than the other half lasts a fast receiver. */
const ENDPOINT_CAPACITY = 2_000;
/** With so many ended attempts unwritten no further one begins: a crash would repeat them all. */
const UNWRITTEN_MAX = 1_000;

/** The worker of one replica: holds claimed deliveries in memory, runs attempts in fair turns, refills from the queue. */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Dispatcher.name);
  private readonly scheduler: Scheduler<Job>;
  private readonly blocked = new BlockedLanes();
  private readonly running = new Set<Promise<void>>();
  private readonly loops: Promise<void>[] = [];
  private readonly stopped = new AbortController();
  /** Tenants of the endpoints that something is held of. */
  private readonly seen = new Map<string, TenantId>();
  /** Ids of what is in memory: queued, running, or waiting to be written. */
  private readonly mine = new Set<string>();
  private readonly due = new Signal();
  private timer?: NodeJS.Timeout;
  /** Turns that were not given because too much is unwritten. */
  private heldBack = false;
  private flushing: Promise<void> = Promise.resolve();
  /** Names this life of this process in the rows that it holds. */
  claimId: string = randomUUID();

  constructor(
    @Inject(CONFIG) config: WebhookDispatcherConfig,
    private readonly uow: UnitOfWork,
    private readonly directory: EndpointDirectory,
    private readonly gates: EndpointGates,
    private readonly breakers: BreakerRepository,
    private readonly claims: ClaimDeliveries,
    private readonly keep: KeepClaims,
    private readonly runAttempt: RunAttempt,
    private readonly completions: Completions,
    private readonly metrics: DispatcherMetrics,
  ) {
    const slots = config.WEBHOOK_SLOTS;
    this.scheduler = new Scheduler<Job>(
      {
        slots,
        tenantSlots: Math.max(1, Math.floor(slots / 2)),
        lateSlots: Math.max(1, Math.floor(slots / 5)),
        capacity: CAPACITY,
        endpointCapacity: ENDPOINT_CAPACITY,
      },
      (endpointId, inFlight, now) => this.gates.mayRun(endpointId, inFlight, now),
    );
    this.gates.onBreakerChange((_, endpointId) => this.breakerChanged(endpointId));
  }

  get inFlight(): number {
    return this.scheduler.inFlight;
  }

  get held(): number {
    return this.scheduler.held;
  }

  get writing(): number {
    return this.completions.size;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.keep.start(
      this.claimId,
      () => [...this.mine],
      () => this.loseClaims(),
    );
    this.loops.push(this.claimLoop(), this.refreshLoop(), this.keep.run(this.stopped.signal));
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    this.wakeUp();
    clearTimeout(this.timer);
    await Promise.all(this.loops);
    for (const { tenantId, endpointId } of this.heldEndpoints())
      this.release(this.scheduler.drain(tenantId, endpointId));
    await Promise.race([Promise.allSettled(this.running), delay(DRAIN_MS, undefined, { ref: false })]);
    await this.flushBreakers();
    await this.completions.close();
    await this.keep.stop();
  }

  /** How many more deliveries of the endpoint this replica can take into memory. */
  room(endpointId: string, now = Date.now()): number {
    if (this.stopped.signal.aborted || this.gates.phase(endpointId, now) !== 'closed') return 0;
    return this.scheduler.room(endpointId);
  }

  /** Takes in, in their order, deliveries that were claimed as they were inserted. */
  submitNew(jobs: readonly Job[]): void {
    const now = performance.now();
    for (const { id } of jobs) this.mine.add(id);
    const blocked = jobs.filter(({ lane }) => this.blocked.isBlocked(lane, now));
    this.release(blocked);
    this.submit(blocked.length === 0 ? jobs : jobs.filter(job => !blocked.includes(job)));
  }

  /** Takes in deliveries that were claimed from the queue, which knows their order. */
  private submit(jobs: readonly Job[]): void {
    const now = Date.now();
    for (const job of jobs) {
      this.mine.add(job.id);
      // Its breaker opened while it was claimed: in memory nothing would wake it, only the queue knows when to.
      if (this.gates.phase(job.endpointId, now) === 'open') {
        this.release([job]);
        continue;
      }
      this.seen.set(job.endpointId, job.tenantId);
      this.scheduler.add(job);
    }
    this.pump();
  }

  /** Starts a claimed delivery's attempt at once, past all queues. @returns when the attempt is over and written down */
  startNow(job: Job): Promise<void> {
    this.mine.add(job.id);
    this.seen.set(job.endpointId, job.tenantId);
    this.scheduler.start(job);
    return this.run(job);
  }

  /** Something became due. */
  wakeUp(): void {
    this.due.fire();
  }

  private *heldEndpoints() {
    for (const [endpointId, tenantId] of this.seen) yield { endpointId, tenantId };
  }

  private pump(): void {
    const now = Date.now();
    const mayBegin = () => !(this.heldBack = this.completions.size >= UNWRITTEN_MAX);
    for (let job = mayBegin() && this.scheduler.next(now); job; job = mayBegin() && this.scheduler.next(now))
      void this.run(job);
    const at = this.scheduler.wakeAt();
    clearTimeout(this.timer);
    // Bounded: a clock that is set back meanwhile must not make it wait for the time that was.
    if (at !== undefined)
      this.timer = setTimeout(() => this.pump(), Math.min(Math.max(1, at - Date.now()), REFRESH_MS));
  }

  private run(job: Job): Promise<void> {
    const claimId = this.claimId;
    const task = this.attempt(job, claimId).finally(() => this.running.delete(task));
    this.running.add(task);
    return task;
  }

  private async attempt(job: Job, claimId: string): Promise<void> {
    const probe = this.gates.begin(job.endpointId, Date.now());
    let completion: Completion;
    try {
      completion = await this.runAttempt.execute(job, probe);
    } catch (error) {
      this.logger.error(error, `attempt of ${job.id}`);
      completion = { kind: 'release', job, notBefore: performance.now() + DEFECT_WAIT_MS };
    }
    if (completion.kind !== 'release' && completion.attempt) {
      this.metrics.attempt(job.hook, 'durable', completion.attempt.result, completion.attempt.succeeded);
    }
    // Not attempted, or to be repeated first: what waits behind it goes back to the queue, whose claim keeps the order.
    const blocks = completion.kind === 'release' || (completion.kind === 'retry' && job.ordered);
    if (blocks) this.blocked.block(job.lane, performance.now());
    const written = this.complete(claimId, completion);
    // An ordered endpoint's next delivery waits until this one is over in the database too.
    if (job.ordered) await written;
    if (blocks) this.release(this.scheduler.abandonLane(job));
    this.scheduler.done(job);
    if (this.gates.phase(job.endpointId, Date.now()) === 'open')
      this.release(this.scheduler.drain(job.tenantId, job.endpointId));
    this.pump();
    this.refill(job.endpointId);
    await written;
  }

  /** Asks the queue once for what a claim left there, as soon as there is place for it. */
  private refill(endpointId: string): void {
    if (this.scheduler.held >= CAPACITY / 2 || !this.claims.more.has(endpointId)) return;
    if (this.scheduler.refill(endpointId) > 0 && this.claims.more.delete(endpointId)) this.wakeUp();
  }

  private release(jobs: readonly Job[]): void {
    const now = performance.now();
    for (const job of jobs) {
      this.blocked.block(job.lane, now);
      void this.complete(this.claimId, { kind: 'release', job });
    }
  }

  /** Resolves when it is written, or given up as a defect: then the delivery returns to the queue with its lease. */
  private async complete(claimId: string, completion: Completion): Promise<void> {
    await this.completions.add(claimId, completion);
    this.mine.delete(completion.job.id);
    if (this.heldBack) this.pump();
  }

  private async claimLoop(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      try {
        const wants = (endpointId: string) => this.scheduler.refill(endpointId);
        const jobs = await this.claims.execute(this.claimId, wants);
        if (jobs.length > 0) this.submit(jobs);
        if (jobs.length > 0 && [...this.claims.more].some(endpointId => wants(endpointId) > 0)) continue;
      } catch (error) {
        this.logger.warn(`The queue could not be read: ${error instanceof Error ? error.message : String(error)}`);
        await delay(1_000, undefined, { signal: this.stopped.signal }).catch(() => undefined);
      }
      await this.due.wait(POLL_MS);
    }
  }

  private async refreshLoop(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await delay(REFRESH_MS, undefined, { signal }).catch(() => undefined);
      await this.directory
        .refresh()
        .catch((error: unknown) => this.logger.warn(`Endpoints were not refreshed: ${String(error)}`));
      this.blocked.prune(performance.now());
      await this.flushBreakers();
      for (const [endpointId] of this.seen) if (this.scheduler.isIdle(endpointId)) this.seen.delete(endpointId);
    }
  }

  private breakerChanged(endpointId: string): void {
    const tenantId = this.seen.get(endpointId);
    if (tenantId && this.gates.phase(endpointId, Date.now()) === 'open')
      this.release(this.scheduler.drain(tenantId, endpointId));
    if (tenantId) this.scheduler.changed(tenantId, endpointId);
    void this.flushBreakers().then(() => this.wakeUp());
  }

  private flushBreakers(): Promise<void> {
    this.flushing = this.flushing.then(async () => {
      const news = this.gates.takeNews();
      if (news.length === 0) return;
      const endpoints = news.map(({ endpointId }) => endpointId);
      try {
        await this.uow.system('save breakers', tx => this.breakers.save(tx, news));
        this.gates.newsWritten(endpoints, true);
      } catch (error) {
        this.gates.newsWritten(endpoints, false);
        this.logger.warn(`Breakers were not saved: ${String(error)}`);
      }
    });
    return this.flushing;
  }

  /** This replica was silent for so long that others may have its deliveries: it drops what it has not begun. */
  private loseClaims(): string {
    for (const { tenantId, endpointId } of this.heldEndpoints())
      for (const { id } of this.scheduler.drain(tenantId, endpointId)) this.mine.delete(id);
    this.claimId = randomUUID();
    return this.claimId;
  }
}
