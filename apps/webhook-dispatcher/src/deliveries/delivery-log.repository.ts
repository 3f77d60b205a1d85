import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import type { PatchOperation } from '../answers/user-changes.js';
import type { DeliveryCondition, DeliveryState } from './delivery-filter.js';

export interface DeliveryKey {
  id: string;
  createdAt: Date;
}

export interface DeliveryRow extends DeliveryKey {
  hook: string;
  mode: string;
  endpointId: string;
  endpointName: string | null;
  eventId: string;
  eventAt: Date;
  userId: string | null;
  state: DeliveryState;
  attempts: number;
  nextAttemptAt: Date | null;
  finishedAt: Date | null;
  cause: string | null;
  awaited: boolean;
  dryRun: boolean;
  verdict: string | null;
  message: string | null;
  patch: PatchOperation[] | null;
  ignored: PatchOperation[] | null;
}

export interface AttemptRow {
  id: string;
  number: number;
  startedAt: Date;
  durationMs: number;
  succeeded: boolean;
  transport: string;
  status: number | null;
  error: string | null;
  address: string | null;
  url: string;
  requestHeaders: Record<string, string>;
  responseHeaders: Record<string, string> | null;
  responseBody: Buffer | null;
  responseTruncated: boolean;
}

const STATE = `case when d.claim_id is not null then 'delivering' when d.attempts = d.attempts_before then 'pending' else 'retrying' end`;
const COMMON = `d.id, d.created_at as "createdAt", d.hook, d.mode, d.endpoint_id as "endpointId", e.name as "endpointName",
  d.event_id as "eventId", d.event_at as "eventAt", d.user_id as "userId", d.attempts, d.awaited, d.verdict`;
const ENDPOINT = `left join webhook_endpoint e on e.tenant_id = d.tenant_id and e.id = d.endpoint_id`;
const WAITING = `select ${COMMON}, ${STATE} as state, case when d.claim_id is null then d.due_at end as "nextAttemptAt",
    null::timestamptz as "finishedAt", null as cause, false as "dryRun", null as message, null::jsonb as patch, null::jsonb as ignored
  from delivery d ${ENDPOINT}`;
const ENDED = `select ${COMMON}, d.state, null::timestamptz as "nextAttemptAt", d.finished_at as "finishedAt", d.cause,
    d.dry_run as "dryRun", d.message, d.patch, d.ignored
  from delivery_log d ${ENDPOINT}`;

const COLUMNS: Record<DeliveryCondition['attribute'], string> = {
  hook: 'd.hook',
  endpoint: 'd.endpoint_id',
  state: 'd.state',
  user: 'd.user_id',
  time: 'd.created_at',
  awaited: 'd.awaited',
  verdict: 'd.verdict',
};
const OPERATORS = { eq: '=', gt: '>', ge: '>=', lt: '<', le: '<=' } as const;

/** Deliveries as the tenant sees them: those that are not over and those that are, in one list. */
@Injectable()
export class DeliveryLogRepository {
  /** Newest first; one more than the limit is read. */
  async list(
    tx: TenantTransaction,
    conditions: readonly DeliveryCondition[],
    limit: number,
    before?: DeliveryKey,
  ): Promise<DeliveryRow[]> {
    const parameters: unknown[] = [tx.tenantId, limit + 1];
    const parameter = (value: unknown) => `$${parameters.push(value)}`;
    const where = (state: string) => {
      const tests = conditions.map(({ attribute, operator, value }) => {
        const column = attribute === 'state' ? state : COLUMNS[attribute];
        return `${column} ${OPERATORS[operator]} ${parameter(value)}`;
      });
      if (before) tests.push(`(d.created_at, d.id) < (${parameter(before.createdAt)}, ${parameter(before.id)})`);
      return [`d.tenant_id = $1`, ...tests].join(' and ');
    };
    return tx.query<DeliveryRow & Record<string, unknown>>(
      `select * from (${WAITING} where ${where(STATE)} order by d.id desc limit $2) a
       union all
       select * from (${ENDED} where ${where('d.state')} order by d.created_at desc, d.id desc limit $2) b
       order by "createdAt" desc, id desc limit $2`,
      parameters,
    );
  }

  async find(tx: TenantTransaction, { id, createdAt }: DeliveryKey): Promise<DeliveryRow | undefined> {
    const [row] = await tx.query<DeliveryRow & Record<string, unknown>>(
      `${WAITING} where d.tenant_id = $1 and d.id = $2 union all ${ENDED} where d.tenant_id = $1 and d.id = $2 and d.created_at = $3`,
      [tx.tenantId, id, createdAt],
    );
    return row;
  }

  async attempts(tx: TenantTransaction, { id, createdAt }: DeliveryKey): Promise<AttemptRow[]> {
    return tx.query<AttemptRow & Record<string, unknown>>(
      `select id, number, started_at as "startedAt", duration_ms as "durationMs", succeeded, transport, status, error, address, url,
         request_headers as "requestHeaders", response_headers as "responseHeaders", response_body as "responseBody",
         response_truncated as "responseTruncated"
       from attempt where tenant_id = $1 and delivery_at = $2 and delivery_id = $3 order by started_at, id`,
      [tx.tenantId, createdAt, id],
    );
  }

  async body(
    tx: TenantTransaction,
    { eventId, eventAt }: Pick<DeliveryRow, 'eventId' | 'eventAt'>,
  ): Promise<string | undefined> {
    const [row] = await tx.query<{ body: string }>(
      `select body from event where tenant_id = $1 and created_at = $2 and id = $3`,
      [tx.tenantId, eventAt, eventId],
    );
    return row?.body;
  }

  /** @returns whether the awaited call is in the log */
  async setVerdict(
    tx: TenantTransaction,
    { id, createdAt }: DeliveryKey,
    verdict: string,
    message: string,
  ): Promise<boolean> {
    const rows = await tx.query(
      `update delivery_log set verdict = $4, message = $5 where tenant_id = $1 and created_at = $2 and id = $3 and awaited returning 1`,
      [tx.tenantId, createdAt, id, verdict, message.replaceAll('\0', '\ufffd')],
    );
    return rows.length > 0;
  }

  /** Back from the log into the queue, under the same id, with a schedule that begins anew. */
  async requeue(tx: TenantTransaction, { id, createdAt }: DeliveryKey, expiresAt: Date): Promise<void> {
    await tx.query(
      `with gone as (delete from delivery_log where tenant_id = $1 and created_at = $2 and id = $3 returning *)
       insert into delivery (tenant_id, id, created_at, endpoint_id, event_id, event_at, hook, mode, user_id, order_key, attempts,
         attempts_before, since, due_at, expires_at)
       select tenant_id, id, created_at, endpoint_id, event_id, event_at, hook, mode, user_id, user_id, attempts, attempts, now(), now(), $4
       from gone`,
      [tx.tenantId, createdAt, id, expiresAt],
    );
  }

  /** Makes a waiting delivery due now. */
  async hurry(tx: TenantTransaction, id: string): Promise<void> {
    await tx.query(`update delivery set due_at = now() where tenant_id = $1 and id = $2 and claim_id is null`, [
      tx.tenantId,
      id,
    ]);
  }

  /** Ends all that is not over of an endpoint. An attempt under way is logged, its delivery is over all the same. */
  async discardWaiting(tx: TenantTransaction, endpointId: string, cause: string): Promise<void> {
    await tx.query(
      `with gone as (delete from delivery where tenant_id = $1 and endpoint_id = $2 returning *)
       insert into delivery_log (tenant_id, created_at, id, endpoint_id, event_id, event_at, hook, mode, user_id, state, attempts,
         finished_at, cause, awaited, verdict)
       select tenant_id, created_at, id, endpoint_id, event_id, event_at, hook, mode, user_id, 'discarded', attempts, now(), $3, awaited,
         verdict from gone`,
      [tx.tenantId, endpointId, cause],
    );
  }
}
