import { expect, inject } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Operator } from '../support/operator.js';
import { Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { Clocks } from './clocks.js';
import { Door } from './door.js';
import { drained } from './drained.js';
import { writeFigures, type Figures } from './figures.js';
import { findLosses } from './losses.js';
import { Told } from './told.js';
import { Victims } from './victims.js';
import { Workload } from './workload.js';

export interface FaultRunOptions {
  /** As the table of figures names it. */
  readonly fault: string;
  /** Of the random choices of the load, shown by a failure. */
  readonly seed: number;
  /** Whether clocks are set wrong, so that tokens may be refused meanwhile. */
  readonly clocksWrong?: boolean;
}

/** One fault under load: a tenant and a receiver of its own, the load, and the judgement when all has settled. */
export class FaultRun {
  readonly victims = new Victims(inject('baseUrl'), inject('dataDir'));
  readonly clocks = new Clocks(inject('clocksDir'));
  readonly workload: Workload;
  private readonly told: Told;
  private readonly recoveriesMs: number[] = [];
  private faults = 0;

  private constructor(
    private readonly options: FaultRunOptions,
    readonly tenant: Tenant,
    private readonly receiver: WebhookReceiver,
    private readonly door: Door,
    group: string,
  ) {
    this.told = new Told(receiver);
    this.workload = new Workload(door, group, options.seed);
  }

  /** With the load running. */
  static async start(options: FaultRunOptions): Promise<FaultRun> {
    const [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
    const group = await tenant.createGroup();
    const run = new FaultRun(options, tenant, receiver, new Door(tenant, options.clocksWrong ?? false), group.id);
    await tenant.createEndpoint(receiver, Told.hooks, { retry: { schedule: [1, 1, 2, 2, 5, 5, 10] } });
    run.workload.start();
    await run.progress(20);
    return run;
  }

  /** Of the logs that belong to this platform. */
  get logPrefix(): string {
    return inject('dataDir');
  }

  /** Counts faults that struck at once, and how long (milliseconds) it took until all was well again. */
  struck(recoveryMs: number, faults = 1): void {
    this.faults += faults;
    this.recoveriesMs.push(recoveryMs);
  }

  /** Waits until so many further changes have been acknowledged. */
  async progress(changes: number): Promise<void> {
    const due = this.workload.acknowledged + changes;
    await eventually(`${String(changes)} further changes are acknowledged`, () => this.workload.acknowledged >= due, {
      deadlineMs: 90_000,
      everyMs: 5,
    });
  }

  /**
   * Ends the load, waits until nothing is under way any more, and asserts that nothing that was acknowledged is lost, doubled
   * or out of order.
   * @param mostRepeated deliveries that may have arrived once more than needed: the stated bound of these faults
   */
  async judge(mostRepeated: number): Promise<void> {
    await this.workload.stop();
    await this.victims.ready();
    const settledMs = await drained(this.victims, this.door, this.told);
    const losses = await findLosses(this.door, this.workload.users, this.told);
    const deadLetters = await new Operator(inject('dataDir'), inject('baseUrl')).run<unknown[]>('dlq', 'list');
    const figures: Figures = {
      fault: this.options.fault,
      bus: inject('bus'),
      faults: this.faults,
      acknowledged: this.workload.acknowledged,
      uncertain: this.workload.users.filter(({ uncertain }) => uncertain).length,
      delivered: this.told.deliveries.size,
      lost: losses.lost,
      disordered: losses.disordered,
      repeated: this.told.repeated,
      mostRepeated,
      recoveriesMs: this.recoveriesMs.map(Math.round),
      longestSilenceMs: Math.round(this.workload.longestSilenceMs),
      settledMs: Math.round(settledMs),
    };
    await writeFigures(figures);
    const seen = { seed: this.options.seed, answers: Object.fromEntries(this.door.answers), ...figures };
    expect(this.door.unexpected.slice(0, 5), JSON.stringify(seen)).toEqual([]);
    expect(losses.violations.slice(0, 10), JSON.stringify(seen)).toEqual([]);
    expect(deadLetters, 'dead letters').toEqual([]);
    expect(this.told.repeated, JSON.stringify(seen)).toBeLessThanOrEqual(mostRepeated);
  }

  async dispose(): Promise<void> {
    await this.workload.stop();
    await this.clocks.right();
    await this.receiver.stop();
  }
}
