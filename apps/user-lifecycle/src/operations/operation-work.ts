import type { Role } from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import { Injectable } from '@nestjs/common';
import type { OperationRun } from './operation-run.js';

/** What is to be done in operations of one kind. */
export interface OperationWork {
  readonly kind: string;
  /** Who may start one, and whose starter it goes on for. */
  readonly roles: readonly Role[];
  /**
   * Does the work, or goes on with it where another process stopped: each item's outcome must be kept in the transaction of
   * its effect. Returns early when `run.signal` is aborted.
   * @returns what the operation's `result` shows
   * @throws DomainError when it cannot be done as a whole; anything else = it is tried again
   */
  run(run: OperationRun): Promise<Record<string, unknown> | undefined>;
  /** Deletes what was kept of the items; the errors stay. May be repeated. */
  clear(tenantId: TenantId, operationId: string): Promise<void>;
}

/** The kinds of operations that this service knows; a feature adds its own when it starts. */
@Injectable()
export class OperationWorks {
  private readonly works = new Map<string, OperationWork>();

  add(work: OperationWork): void {
    if (this.works.has(work.kind)) throw new Error(`There are two works of the kind ${work.kind}`);
    this.works.set(work.kind, work);
  }

  /** @throws Error for a kind that nobody has added: the operation is of a newer version */
  of(kind: string): OperationWork {
    const work = this.works.get(kind);
    if (!work) throw new Error(`No work of the kind ${kind} is known here`);
    return work;
  }
}
