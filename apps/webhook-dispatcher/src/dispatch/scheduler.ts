import { FairQueue, type Queued } from './fair-queue.js';
import { OrderLanes } from './order-lanes.js';

/** One attempt to make, as far as its turn goes. */
export interface Schedulable extends Queued {
  /** A repetition: those get a bounded share of the slots. */
  late: boolean;
  /** Order lane (endpoint and user); absent = waits for nothing and nothing waits for it. */
  lane?: string;
}

export interface SchedulerOptions {
  /** Attempts in flight at once. */
  slots: number;
  /** Of one tenant at once. */
  tenantSlots: number;
  /** Repetitions at once. */
  lateSlots: number;
  /** Jobs held in memory, in flight or not. */
  capacity: number;
  /** Of one endpoint. */
  endpointCapacity: number;
}

/** Whether an endpoint may start an attempt now; a time = not before then; false = `changed` will say when. */
export type Gate = (endpointId: string, inFlight: number, now: number) => boolean | number;

/**
 * Decides which attempt goes next. Fair among tenants, bounded per endpoint, tenant and in all; repetitions of dead receivers
 * never take more than their share; order lanes are kept. Holds no clock and does no work itself.
 */
export class Scheduler<J extends Schedulable> {
  private readonly fresh = new FairQueue<J>();
  private readonly late = new FairQueue<J>();
  private readonly lanes = new OrderLanes<J>();
  private readonly byEndpoint = new Map<string, { inFlight: number; held: number }>();
  private readonly byTenant = new Map<string, number>();
  private readonly timed = new Map<string, { tenantId: string; at: number }>();
  private turns = 0;
  inFlight = 0;
  lateInFlight = 0;
  held = 0;

  constructor(
    private readonly options: SchedulerOptions,
    private readonly gate: Gate,
  ) {}

  /** How many more jobs of the endpoint may be held in memory. */
  room(endpointId: string): number {
    const { capacity, endpointCapacity } = this.options;
    return Math.max(0, Math.min(capacity - this.held, endpointCapacity - (this.byEndpoint.get(endpointId)?.held ?? 0)));
  }

  /**
   * How many jobs to fetch for the endpoint: none before half of its place is free, because a fetch of a few costs what a
   * fetch of many does.
   */
  refill(endpointId: string): number {
    const held = this.byEndpoint.get(endpointId)?.held ?? 0;
    return held * 2 > this.options.endpointCapacity ? 0 : this.room(endpointId);
  }

  add(job: J): void {
    this.hold(job, 1);
    if (job.lane === undefined || this.lanes.enter(job.lane, job)) this.enqueue(job);
  }

  /** Counts a job as running at once, past all queues and bounds: an announced hook. It ends with `done` like any other. */
  start(job: J): void {
    this.hold(job, 1);
    if (job.lane !== undefined) this.lanes.enter(job.lane, job, true);
    this.count(job, 1);
  }

  /** The next job to run; it counts as in flight until `done`. */
  next(now: number): J | undefined {
    if (this.inFlight >= this.options.slots) return undefined;
    this.releaseTimed(now);
    const mayRun = (tenantId: string, endpointId: string) => this.mayRun(tenantId, endpointId, now);
    const lateMayRun = this.lateInFlight < this.options.lateSlots;
    // Every fifth turn is offered to a repetition first, so that a flood of first attempts does not starve them.
    const lateFirst = lateMayRun && ++this.turns % 5 === 0;
    const job =
      (lateFirst ? this.late.take(mayRun) : undefined) ??
      this.fresh.take(mayRun) ??
      (lateMayRun ? this.late.take(mayRun) : undefined);
    if (job) this.count(job, 1);
    return job;
  }

  done(job: J): void {
    this.count(job, -1);
    this.hold(job, -1);
    if (job.lane !== undefined) {
      const next = this.lanes.leave(job.lane);
      if (next) this.enqueue(next);
    }
    this.changed(job.tenantId, job.endpointId);
    if (this.tenantInFlight(job.tenantId) === this.options.tenantSlots - 1) this.changed(job.tenantId);
  }

  /** The endpoint (or the whole tenant) may be able to run again. */
  changed(tenantId: string, endpointId?: string): void {
    this.fresh.activate(tenantId, endpointId);
    this.late.activate(tenantId, endpointId);
  }

  /** Takes out every job of the endpoint that does not run yet, those waiting in its lanes included. */
  drain(tenantId: string, endpointId: string): J[] {
    const queued = [...this.fresh.drain(tenantId, endpointId), ...this.late.drain(tenantId, endpointId)];
    const waiting = queued.flatMap(job => {
      if (job.lane === undefined) return [];
      const rest = this.lanes.abandon(job.lane);
      this.lanes.leave(job.lane);
      return rest;
    });
    const jobs = [...queued, ...waiting];
    for (const job of jobs) this.hold(job, -1);
    return jobs;
  }

  /** Takes out what waits behind the job in its lane; to be called before `done` when the job blocks it further. */
  abandonLane(job: J): J[] {
    const jobs = job.lane === undefined ? [] : this.lanes.abandon(job.lane);
    for (const each of jobs) this.hold(each, -1);
    return jobs;
  }

  /** Whether nothing of the endpoint is held. */
  isIdle(endpointId: string): boolean {
    return !this.byEndpoint.has(endpointId);
  }

  /** When a job that waits for its rate may run; undefined = none waits for time. */
  wakeAt(): number | undefined {
    let at: number | undefined;
    for (const entry of this.timed.values()) at = at === undefined ? entry.at : Math.min(at, entry.at);
    return at;
  }

  private mayRun(tenantId: string, endpointId: string, now: number): boolean {
    if (this.tenantInFlight(tenantId) >= this.options.tenantSlots) return false;
    const verdict = this.gate(endpointId, this.byEndpoint.get(endpointId)?.inFlight ?? 0, now);
    if (typeof verdict === 'number') this.timed.set(endpointId, { tenantId, at: verdict });
    return verdict === true;
  }

  private releaseTimed(now: number): void {
    for (const [endpointId, { tenantId, at }] of this.timed) {
      if (at > now) continue;
      this.timed.delete(endpointId);
      this.changed(tenantId, endpointId);
    }
  }

  private enqueue(job: J): void {
    (job.late ? this.late : this.fresh).push(job);
  }

  private tenantInFlight(tenantId: string): number {
    return this.byTenant.get(tenantId) ?? 0;
  }

  private count(job: J, by: 1 | -1): void {
    this.inFlight += by;
    if (job.late) this.lateInFlight += by;
    this.endpoint(job.endpointId).inFlight += by;
    const tenant = this.tenantInFlight(job.tenantId) + by;
    if (tenant === 0) this.byTenant.delete(job.tenantId);
    else this.byTenant.set(job.tenantId, tenant);
  }

  private hold(job: J, by: 1 | -1): void {
    this.held += by;
    const endpoint = this.endpoint(job.endpointId);
    endpoint.held += by;
    if (endpoint.held === 0 && endpoint.inFlight === 0) this.byEndpoint.delete(job.endpointId);
  }

  private endpoint(id: string): { inFlight: number; held: number } {
    let endpoint = this.byEndpoint.get(id);
    if (!endpoint) this.byEndpoint.set(id, (endpoint = { inFlight: 0, held: 0 }));
    return endpoint;
  }
}
