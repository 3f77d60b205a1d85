import { currentContext, DomainError, type Clock } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork, violatedConstraint, type TenantTransaction } from '@countersign/persistence';
import { CLOCK, recordAudit, type Principal } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { ClearAbandoned } from './clear-abandoned.js';
import { FindOperation, type FoundOperation } from './find-operation.js';
import { HoldClaims } from './hold-claims.js';
import { newOperationId, principalName, starterOf, type Operation } from './operation.js';
import { OperationRepository } from './operation.repository.js';
import { RunOperations } from './run-operations.js';

/** Operations of a tenant that are not over yet. */
const MAX_UNFINISHED = 20;

export interface IdempotentRequest {
  key: string;
  /** Digests of what was sent, the one to keep first, then those that it may be kept under. */
  fingerprints: readonly Buffer[];
}

/** The operation that now waits; `replayed`: an earlier request with the same idempotency key had started it. */
export type Submitted = FoundOperation & { replayed: boolean };

/**
 * Brings an operation into being whose items arrive first, over however long: `begin`, then keep the items, then `submit` or
 * `abandon`. Until it is submitted nobody sees it, and a crash leaves it to be cleared away.
 */
@Injectable()
export class ReceiveOperation {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly operations: OperationRepository,
    private readonly claims: HoldClaims,
    private readonly clearAbandoned: ClearAbandoned,
    private readonly find: FindOperation,
    private readonly runner: RunOperations,
    private readonly outbox: Outbox,
  ) {}

  /** @throws DomainError 429 `too_many_operations` */
  async begin(principal: Principal, kind: string, params: Record<string, unknown>): Promise<Operation> {
    const operation: Operation = {
      tenantId: principal.tenantId,
      id: newOperationId(),
      kind,
      state: 'receiving',
      params,
      starter: starterOf(principal, currentContext() ?? { traceparent: '' }),
      total: null,
      done: 0,
      failed: 0,
      failure: null,
      result: null,
      cancelRequested: false,
      createdAt: this.clock.now(),
      startedAt: null,
      finishedAt: null,
      version: 1,
    };
    await this.uow.run(operation.tenantId, async tx => {
      if ((await this.operations.countUnfinished(tx)) >= MAX_UNFINISHED) {
        const message = `${MAX_UNFINISHED} operations of this tenant are not over yet; wait for one, or cancel one`;
        throw new DomainError('too_many_operations', 'rate_limited', message, { retryAfter: 30 });
      }
      const claim = { by: this.claims.id, seconds: this.claims.seconds };
      await this.operations.insert(tx, operation, principalName(principal), claim);
    });
    return operation;
  }

  /**
   * Everything has arrived and is kept: the operation waits for its turn, and its start is audited.
   * @throws DomainError 422 `idempotency_key_reused`; 503 when it was cleared away, because this process was held for dead
   */
  async submit(
    principal: Principal,
    operation: Operation,
    total: number,
    request?: IdempotentRequest,
  ): Promise<Submitted> {
    const attempt = () => this.uow.run(operation.tenantId, tx => this.commit(tx, principal, operation, total, request));
    let submitted: Submitted;
    try {
      submitted = await attempt();
    } catch (error) {
      if (violatedConstraint(error) !== 'operations__idempotency_key') throw error;
      // Another request with the same key was over a moment earlier: now it is seen.
      submitted = await attempt();
    }
    if (submitted.replayed) await this.abandon(operation);
    return submitted;
  }

  /** Takes back what has not been submitted. */
  async abandon({ tenantId, id, kind }: Operation): Promise<void> {
    await this.clearAbandoned.clear(tenantId, id, kind);
  }

  private async commit(
    tx: TenantTransaction,
    principal: Principal,
    operation: Operation,
    total: number,
    request: IdempotentRequest | undefined,
  ): Promise<Submitted> {
    const { id, kind, params } = operation;
    if (request) {
      const kept = await this.operations.findKey(tx, kind, principalName(principal), request.key);
      if (kept)
        return this.replay(
          tx,
          kept.operationId,
          request.fingerprints.some(each => each.equals(kept.fingerprint)),
        );
    }
    const key = request && { idempotencyKey: request.key, fingerprint: request.fingerprints[0]! };
    if (!(await this.operations.submit(tx, id, total, key))) {
      throw new DomainError('interrupted', 'unavailable', 'The request was interrupted; send it again', {
        retryAfter: 2,
      });
    }
    await recordAudit(this.outbox, tx, {
      action: 'operation.started',
      target: { type: 'operation', id },
      changes: { kind: { after: kind }, params: { after: params }, total: { after: total } },
    });
    tx.afterCommit(() => this.runner.wakeUp());
    return { ...(await this.find.show(tx, { ...operation, state: 'pending', total })), replayed: false };
  }

  private async replay(tx: TenantTransaction, operationId: string, same: boolean): Promise<Submitted> {
    if (!same) {
      const message = 'This Idempotency-Key was used with another body; take a new one';
      throw new DomainError('idempotency_key_reused', 'invalid', message);
    }
    const operation = await this.operations.find(tx, operationId);
    return { ...(await this.find.show(tx, operation!)), replayed: true };
  }
}
