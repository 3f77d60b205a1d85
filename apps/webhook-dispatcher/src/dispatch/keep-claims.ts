import { setTimeout as delay } from 'node:timers/promises';
import { ProcessLiveness, UnitOfWork } from '@countersign/persistence';
import { CONFIG } from '@countersign/platform';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { WebhookDispatcherConfig } from '../config.js';
import { ClaimRepository } from './claim.repository.js';
import { DispatcherMetrics } from './dispatcher-metrics.js';

const TAKE_OVER_MS = 1_000;

/**
 * Leases: renews what this replica holds, takes over what dead ones held. A replica whose process is gone is known by its
 * freed lock within seconds; one that hangs loses its deliveries when the lease is over.
 */
@Injectable()
export class KeepClaims {
  private readonly logger = new Logger(KeepClaims.name);
  private readonly leaseSeconds: number;
  private liveness: ProcessLiveness;
  private claimId = '';
  private renewedAt = performance.now();
  private lost: () => string = () => this.claimId;
  private held: () => readonly string[] = () => [];
  private suspects = new Set<string>();

  constructor(
    @Inject(CONFIG) private readonly config: WebhookDispatcherConfig,
    private readonly uow: UnitOfWork,
    private readonly claims: ClaimRepository,
    private readonly metrics: DispatcherMetrics,
  ) {
    this.leaseSeconds = config.WEBHOOK_LEASE_SECONDS;
    this.liveness = this.newLiveness();
  }

  /**
   * @param held ids of the deliveries that are in memory: those alone are kept
   * @param lost called when the lease could not be renewed in time; answers the claim id of the new life
   */
  async start(claimId: string, held: () => readonly string[], lost: () => string): Promise<void> {
    this.claimId = claimId;
    this.held = held;
    this.lost = lost;
    await this.liveness.hold(claimId);
  }

  async run(signal: AbortSignal): Promise<void> {
    const renewEveryMs = (this.leaseSeconds * 1000) / 6;
    while (!signal.aborted) {
      await delay(Math.min(TAKE_OVER_MS, renewEveryMs), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        if (performance.now() - this.renewedAt > this.leaseSeconds * 1000) await this.beginAnew();
        if (performance.now() - this.renewedAt >= renewEveryMs) await this.renew(renewEveryMs / 1000);
        await this.takeOver();
      } catch (error) {
        this.logger.warn(`Leases were not kept: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  stop(): Promise<void> {
    return this.liveness.stop();
  }

  private async renew(everySeconds: number): Promise<void> {
    await this.uow.system('renew leases', async tx => {
      await this.claims.renew(tx, this.claimId, everySeconds, this.held());
      const expired = await this.claims.reclaimExpired(tx, this.leaseSeconds);
      if (expired > 0) this.metrics.reclaimed.inc(expired);
    });
    this.renewedAt = performance.now();
  }

  /** A claim is taken over when its lock was free twice in a row: a connection that is being made again is no death. */
  private async takeOver(): Promise<void> {
    await this.uow.system('take over deliveries', async tx => {
      const others = await this.claims.otherClaims(tx, this.claimId);
      const gone = await ProcessLiveness.gone(tx, others);
      const dead = gone.filter(claimId => this.suspects.has(claimId));
      this.suspects = new Set(gone);
      if (dead.length === 0) return;
      const count = await this.claims.reclaim(tx, dead);
      this.metrics.reclaimed.inc(count);
      this.logger.log(`Took over ${count} deliveries of a replica that is gone`);
    });
  }

  private async beginAnew(): Promise<void> {
    this.logger.warn('The lease was over before it was renewed; deliveries in memory are left to others');
    await this.liveness.stop();
    this.claimId = this.lost();
    this.liveness = this.newLiveness();
    await this.liveness.hold(this.claimId);
    this.renewedAt = performance.now();
  }

  private newLiveness(): ProcessLiveness {
    return new ProcessLiveness(this.config.DATABASE_WORKER_URL, 'webhook-dispatcher-alive');
  }
}
