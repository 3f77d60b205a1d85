import { keepToIndexes, type TenantTransaction } from '@countersign/persistence';
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

export interface DeliveryPage {
  rows: DeliveryRow[];
  /** Where the next page begins; none after the last. */
  next?: DeliveryKey;
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
    null::timestamptz as "finishedAt", null as cause, false as "dryRun", null as message, null::jsonb as patch, null::jsonb as ignored`;
const ENDED = `select ${COMMON}, d.state, null::timestamptz as "nextAttemptAt", d.finished_at as "finishedAt", d.cause,
    d.dry_run as "dryRun", d.message, d.patch, d.ignored`;

const WAITING_STATES: readonly DeliveryState[] = ['pending', 'delivering', 'retrying'];
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

/** Rows that a page looks at, at most, in each of the two tables. */
export const MOST_WALKED = 10_000;

type Bind = (value: unknown) => string;

/** How one of the tables is walked, newest first. */
interface Walk {
  table: 'delivery' | 'delivery_log';
  select: string;
  /** SQL of the state that its rows are in. */
  state: string;
  order: string;
  /** Compares a row's place in the order. */
  place: (operator: '<' | '>=', key: DeliveryKey, bind: Bind) => string;
  /** What an index answers: only rows of that are walked. */
  within: (bind: Bind) => string[];
  /** What is asked of each row on the way. */
  tests: readonly DeliveryCondition[];
}

function comparison({ attribute, operator, value }: DeliveryCondition, bind: Bind, state: string): string {
  return `${attribute === 'state' ? state : COLUMNS[attribute]} ${OPERATORS[operator]} ${bind(value)}`;
}

/** The walks over the tables that can hold what is asked for: none when no delivery is in such states at once. */
function walks(conditions: readonly DeliveryCondition[]): Walk[] {
  const states = conditions.filter(({ attribute }) => attribute === 'state').map(({ value }) => value as DeliveryState);
  const isWaiting = (state: DeliveryState) => WAITING_STATES.includes(state);
  const queue: Walk = {
    table: 'delivery',
    select: WAITING,
    state: STATE,
    // An id begins with the time.
    order: 'd.id desc',
    place: (operator, { id }, bind) => `d.id ${operator} ${bind(id)}`,
    within: () => [],
    tests: conditions,
  };
  const indexed = ['user', 'endpoint'].flatMap(name => conditions.find(({ attribute }) => attribute === name) ?? [])[0];
  const inIndex = conditions.filter(condition => condition === indexed || condition.attribute === 'time');
  const log: Walk = {
    table: 'delivery_log',
    select: ENDED,
    state: 'd.state',
    order: 'd.created_at desc, d.id desc',
    place: (operator, { createdAt, id }, bind) => `(d.created_at, d.id) ${operator} (${bind(createdAt)}, ${bind(id)})`,
    within: bind => [
      ...inIndex.map(condition => comparison(condition, bind, 'd.state')),
      ...(states.some(state => state !== 'succeeded') ? [`d.state <> 'succeeded'`] : []),
    ],
    tests: conditions.filter(condition => !inIndex.includes(condition)),
  };
  return [...(states.every(isWaiting) ? [queue] : []), ...(states.some(isWaiting) ? [] : [log])];
}

function newestFirst(a: DeliveryKey, b: DeliveryKey): number {
  return b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

/** Deliveries as the tenant sees them: those that are not over and those that are, in one list. */
@Injectable()
export class DeliveryLogRepository {
  /**
   * Newest first. What matches can be rare and far back, so each table is walked for MOST_WALKED rows and no further: the page can
   * then hold fewer rows than the limit, even none, and the next one goes on from there.
   */
  async list(
    tx: TenantTransaction,
    conditions: readonly DeliveryCondition[],
    limit: number,
    before?: DeliveryKey,
  ): Promise<DeliveryPage> {
    await keepToIndexes(tx, { sorts: true });
    const planned = [];
    for (const walk of walks(conditions))
      planned.push({ ...walk, end: walk.tests.length > 0 ? await this.endOf(tx, walk, before) : undefined });
    if (planned.length === 0) return { rows: [] };
    const found = await this.match(tx, planned, limit, before);
    // What a walk did not come to may lie before what the other one found.
    const end = planned
      .filter((_, index) => found.filter(({ walk }) => walk === index).length <= limit)
      .flatMap(walk => walk.end ?? [])
      .sort(newestFirst)[0];
    const rows = found.filter(row => !end || newestFirst(row, end) <= 0).sort(newestFirst);
    const shown = rows.slice(0, limit);
    return { rows: shown, next: rows.length > limit ? shown.at(-1) : end };
  }

  /** The last row that is to be walked; none when that is all. */
  private async endOf(tx: TenantTransaction, walk: Walk, before?: DeliveryKey): Promise<DeliveryKey | undefined> {
    const parameters: unknown[] = [tx.tenantId];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const { table, within, place, order } = walk;
    const where = ['d.tenant_id = $1', ...within(bind), ...(before ? [place('<', before, bind)] : [])].join(' and ');
    const [end] = await tx.query<DeliveryKey & Record<string, unknown>>(
      `select d.created_at as "createdAt", d.id from ${table} d where ${where} order by ${order} offset ${MOST_WALKED - 1} limit 1`,
      parameters,
    );
    return end;
  }

  /** Of each walk the newest that match, one more than the limit; in one statement, so that what moves between the tables is seen once. */
  private match(
    tx: TenantTransaction,
    planned: readonly (Walk & { end?: DeliveryKey })[],
    limit: number,
    before?: DeliveryKey,
  ): Promise<(DeliveryRow & { walk: number })[]> {
    const parameters: unknown[] = [tx.tenantId, limit + 1];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const parts = planned.map(({ table, select, state, order, place, within, tests, end }, index) => {
      const where = [
        'd.tenant_id = $1',
        ...within(bind),
        ...(before ? [place('<', before, bind)] : []),
        ...(end ? [place('>=', end, bind)] : []),
        ...tests.map(test => comparison(test, bind, state)),
      ];
      return `select *, ${index} as walk from (
        ${select} from ${table} d ${ENDPOINT} where ${where.join(' and ')} order by ${order} limit $2) found`;
    });
    return tx.query(parts.join(' union all '), parameters);
  }

  async find(tx: TenantTransaction, { id, createdAt }: DeliveryKey): Promise<DeliveryRow | undefined> {
    const [row] = await tx.query<DeliveryRow & Record<string, unknown>>(
      `${WAITING} from delivery d ${ENDPOINT} where d.tenant_id = $1 and d.id = $2
       union all ${ENDED} from delivery_log d ${ENDPOINT} where d.tenant_id = $1 and d.id = $2 and d.created_at = $3`,
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
