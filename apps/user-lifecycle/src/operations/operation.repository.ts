import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import type { Operation, OperationError, OperationFailure, OperationState } from './operation.js';
import { OPERATION_COLUMNS, toOperation, type OperationRow } from './operation-row.js';

/** How long an idempotency key stands for the operation that it started (api.md). */
const KEY_HOURS = 24;

/** What an idempotency key already stands for. */
export interface KeptKey {
  operationId: string;
  fingerprint: Buffer;
}

/** The operations of a tenant, with what was wrong with their items. */
@Injectable()
export class OperationRepository {
  /** @param claimedBy the process that receives what the operation is to work on */
  async insert(
    tx: TenantTransaction,
    operation: Operation,
    principal: string,
    claim: { by: string; seconds: number },
  ): Promise<void> {
    await tx.query(
      `insert into operations (tenant_id, id, kind, state, params, starter, principal, claimed_by, claimed_until, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + make_interval(secs => $9), $10)`,
      [
        tx.tenantId, operation.id, operation.kind, operation.state, JSON.stringify(operation.params),
        JSON.stringify(operation.starter), principal, claim.by, claim.seconds, operation.createdAt,
      ], // prettier-ignore
    );
  }

  async find(tx: TenantTransaction, id: string): Promise<Operation | undefined> {
    const [row] = await tx.query<OperationRow>(
      `select ${OPERATION_COLUMNS} from operations o where o.tenant_id = $1 and o.id = $2 and o.state <> 'receiving'`,
      [tx.tenantId, id],
    );
    return row && toOperation(row);
  }

  /** The operation, kept from every other change until the transaction ends. */
  async lock(tx: TenantTransaction, id: string): Promise<Operation | undefined> {
    const [row] = await tx.query<OperationRow>(
      `select ${OPERATION_COLUMNS} from operations o
        where o.tenant_id = $1 and o.id = $2 and o.state <> 'receiving' for no key update`,
      [tx.tenantId, id],
    );
    return row && toOperation(row);
  }

  async countUnfinished(tx: TenantTransaction): Promise<number> {
    const [row] = await tx.query<{ count: number }>(
      `select count(*)::int as count from operations where tenant_id = $1 and finished_at is null`,
      [tx.tenantId],
    );
    return row!.count;
  }

  /** What was received is whole: the operation exists from now on. @returns false when it was taken away meanwhile */
  async submit(
    tx: TenantTransaction,
    id: string,
    total: number,
    key?: { idempotencyKey: string; fingerprint: Buffer },
  ): Promise<boolean> {
    const rows = await tx.query(
      `update operations set state = 'pending', total = $3, idempotency_key = $4, fingerprint = $5, claimed_by = null,
              claimed_until = null
        where tenant_id = $1 and id = $2 and state = 'receiving' returning 1`,
      [tx.tenantId, id, total, key?.idempotencyKey ?? null, key?.fingerprint ?? null],
    );
    return rows.length > 0;
  }

  /** Whether it is still arriving, and nobody works on it or sees it. */
  async isReceiving(tx: TenantTransaction, id: string): Promise<boolean> {
    const rows = await tx.query(`select 1 from operations where tenant_id = $1 and id = $2 and state = 'receiving'`, [
      tx.tenantId,
      id,
    ]);
    return rows.length > 0;
  }

  /** What the key stands for; one older than a day stands for nothing any more. */
  async findKey(tx: TenantTransaction, kind: string, principal: string, key: string): Promise<KeptKey | undefined> {
    const scope = [tx.tenantId, kind, principal, key];
    const where = 'tenant_id = $1 and kind = $2 and principal = $3 and idempotency_key = $4';
    await tx.query(
      `update operations set idempotency_key = null, fingerprint = null
        where ${where} and created_at < now() - make_interval(hours => ${KEY_HOURS})`,
      scope,
    );
    const [row] = await tx.query<{ id: string; fingerprint: Buffer }>(
      `select id, fingerprint from operations where ${where}`,
      scope,
    );
    return row && { operationId: row.id, fingerprint: row.fingerprint };
  }

  /**
   * Notes how far the operation is.
   * @returns whether it is to be cancelled; undefined when this process does not hold it any more
   */
  async progress(
    tx: TenantTransaction,
    id: string,
    claimedBy: string,
    { done, failed }: Pick<Operation, 'done' | 'failed'>,
  ): Promise<{ cancelRequested: boolean } | undefined> {
    const [row] = await tx.query<{ cancel_requested: boolean }>(
      `update operations set done = $4, failed = $5,
              version = version + case when (done, failed) = ($4, $5) then 0 else 1 end
        where tenant_id = $1 and id = $2 and claimed_by = $3::uuid and finished_at is null returning cancel_requested`,
      [tx.tenantId, id, claimedBy, done, failed],
    );
    return row && { cancelRequested: row.cancel_requested };
  }

  async requestCancel(tx: TenantTransaction, id: string): Promise<void> {
    await tx.query(
      `update operations set cancel_requested = true, version = version + 1
        where tenant_id = $1 and id = $2 and not cancel_requested`,
      [tx.tenantId, id],
    );
  }

  /** @returns false when this process does not hold it any more */
  async finish(
    tx: TenantTransaction,
    id: string,
    claimedBy: string,
    end: Pick<Operation, 'done' | 'failed'> & {
      state: Exclude<OperationState, 'pending' | 'running'>;
      failure?: OperationFailure;
      result?: Record<string, unknown>;
    },
  ): Promise<boolean> {
    const rows = await tx.query(
      `update operations set state = $4, done = $5, failed = $6, failure = $7, result = $8, claimed_by = null,
              claimed_until = null, finished_at = clock_timestamp(), version = version + 1
        where tenant_id = $1 and id = $2 and claimed_by = $3::uuid and finished_at is null returning 1`,
      [
        tx.tenantId, id, claimedBy, end.state, end.done, end.failed, end.failure ? JSON.stringify(end.failure) : null,
        end.result ? JSON.stringify(end.result) : null,
      ], // prettier-ignore
    );
    return rows.length > 0;
  }

  async remove(tx: TenantTransaction, id: string): Promise<void> {
    await tx.query(`delete from operations where tenant_id = $1 and id = $2`, [tx.tenantId, id]);
  }

  async addErrors(tx: TenantTransaction, id: string, errors: readonly OperationError[]): Promise<void> {
    await tx.query(
      `insert into operation_errors (tenant_id, operation_id, line, position, code, pointer, message)
       select $1, $2, e.* from unnest($3::int[], $4::int[], $5::text[], $6::text[], $7::text[]) as e`,
      [
        tx.tenantId, id, errors.map(error => error.line), errors.map((_, index) => index),
        errors.map(error => error.code), errors.map(error => error.pointer), errors.map(error => error.message),
      ], // prettier-ignore
    );
  }

  /** Errors by line, after the one with that line and position. */
  async errorsAfter(
    tx: TenantTransaction,
    id: string,
    after: readonly [line: number, position: number],
    limit: number,
  ): Promise<(OperationError & { position: number })[]> {
    return tx.query(
      `select line, position, code, pointer, message from operation_errors
        where tenant_id = $1 and operation_id = $2 and (line, position) > ($3, $4) order by line, position limit $5`,
      [tx.tenantId, id, ...after, limit],
    );
  }

  /** How many errors there are, and how many lines they are of. */
  async countErrors(tx: TenantTransaction, id: string): Promise<{ errors: number; lines: number }> {
    const [row] = await tx.query<{ errors: number; lines: number }>(
      `select count(*)::int as errors, count(distinct line)::int as lines from operation_errors
        where tenant_id = $1 and operation_id = $2`,
      [tx.tenantId, id],
    );
    return row!;
  }

  /** Removes some of the errors of an operation. @returns how many */
  async removeErrors(tx: TenantTransaction, id: string, limit: number): Promise<number> {
    const rows = await tx.query(
      `delete from operation_errors where tenant_id = $1 and operation_id = $2 and (line, position) in (
         select line, position from operation_errors where tenant_id = $1 and operation_id = $2
          order by line, position limit $3) returning 1`,
      [tx.tenantId, id, limit],
    );
    return rows.length;
  }
}
