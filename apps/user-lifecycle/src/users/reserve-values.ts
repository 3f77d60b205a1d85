import { randomUUID } from 'node:crypto';
import type { TenantId } from '@countersign/kernel';
import { retrySerialization, UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { Injectable, Logger } from '@nestjs/common';
import type { User } from '@countersign/contracts';
import { CheckUser, valuesInUse, type CheckedUser } from './check-user.js';
import { ReservationsRepository } from './reservations.repository.js';

/** One change of one user under way, with what was reserved for it. */
export interface Reservation {
  readonly tenantId: TenantId;
  readonly userId: string;
  readonly token: string;
  /** A dry run looks whether the values are free and keeps nothing. */
  readonly dryRun: boolean;
}

/** Reservations of dead processes are few: some are looked for so often (milliseconds), in the tenant that is there then. */
const SWEEP_MS = 1_000;

/** Checks a candidate and reserves what it must hold alone, in one short transaction that is over before anybody is asked. */
@Injectable()
export class ReserveValues {
  private readonly logger = new Logger(ReserveValues.name);
  private sweptAt = -Infinity;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly checkUser: CheckUser,
    private readonly reservations: ReservationsRepository,
  ) {}

  /** @param token of a change that may be repeated after a crash: the repetition takes over what it had reserved already */
  begin(tenantId: TenantId, userId: string, dryRun: boolean, token: string = randomUUID()): Reservation {
    return { tenantId, userId, token, dryRun };
  }

  /** @throws DomainError 422 `validation_failed`, 409 `login_in_use`, `value_in_use` */
  execute({ tenantId, userId, token, dryRun }: Reservation, candidate: User, before?: User): Promise<CheckedUser> {
    return retrySerialization(() =>
      this.uow.run(tenantId, async tx => {
        const checked = await this.checkUser.execute(tx, candidate, before);
        if (checked.needed.length === 0) return checked;
        const taken = dryRun
          ? await this.reservations.taken(tx, checked.needed)
          : await this.reserve(tx, token, userId, checked);
        if (taken.length > 0) throw valuesInUse(taken);
        return checked;
      }),
    );
  }

  /**
   * In the transaction that writes the user: it now holds what was reserved, and no more what it dropped or reserved in vain.
   * @throws DomainError 409 when another has taken over a reservation whose lease was over
   */
  async confirm(tx: TenantTransaction, { token, userId }: Reservation, checked: CheckedUser): Promise<void> {
    const lost = await this.reservations.confirm(tx, token, checked.needed);
    if (lost.length > 0) throw valuesInUse(lost);
    await this.reservations.free(tx, userId, checked.dropped);
  }

  /** Gives up what is still reserved; a failure is not the caller's affair, the lease ends by itself. */
  async release({ tenantId, token, dryRun }: Reservation): Promise<void> {
    if (dryRun) return;
    try {
      await this.uow.run(tenantId, tx => this.reservations.release(tx, token));
    } catch (error) {
      this.logger.warn(`A reservation could not be given up and ends with its lease: ${String(error)}`);
    }
  }

  private async reserve(tx: TenantTransaction, token: string, userId: string, { needed }: CheckedUser) {
    const taken = await this.reservations.reserve(tx, token, userId, needed);
    if (taken.length === 0 && performance.now() - this.sweptAt > SWEEP_MS) {
      this.sweptAt = performance.now();
      await this.reservations.sweep(tx);
    }
    return taken;
  }
}
