import type { SystemTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { insertAttempts } from '../deliveries/attempt-record.js';
import { columns, jsonColumn, textColumn } from './columns.js';
import type { Completion } from './completion.js';

type Finished = Extract<Completion, { kind: 'finished' }>;

/**
 * $1 = the claim. Not simply `claim_id = $1`, which the planner takes for rare: it would look for everything that is claimed
 * instead of the rows that are named.
 */
const HELD = 'case when d.claim_id = $1 then true end';

/**
 * Writes how attempts ended, many in one statement. Only what the claim still holds is touched: a replica whose lease was
 * taken away changes nothing any more, though the attempts that it did make are logged.
 */
@Injectable()
export class CompletionRepository {
  /** @returns those of the finished deliveries that were this claim's to finish */
  async write(tx: SystemTransaction, claimId: string, completions: readonly Completion[]): Promise<Finished[]> {
    const finished = completions.filter(completion => completion.kind === 'finished');
    const back = completions.filter(completion => completion.kind !== 'finished');
    await insertAttempts(
      tx,
      completions.flatMap(completion =>
        completion.kind !== 'release' && completion.attempt ? [completion.attempt] : [],
      ),
    );
    if (back.length > 0) await this.giveBack(tx, claimId, back);
    if (finished.length === 0) return [];
    const moved = await this.moveToLog(tx, claimId, finished);
    return finished.filter(({ job }) => moved.has(job.id));
  }

  private async giveBack(tx: SystemTransaction, claimId: string, back: Exclude<Completion, Finished>[]): Promise<void> {
    const now = performance.now();
    await tx.query(
      `update delivery d set attempts = d.attempts + g.made, due_at = coalesce(now() + g.wait_ms * interval '1 millisecond', d.due_at), claim_id = null, claimed_at = null
         from unnest($2::text[], $3::text[], $4::int[], $5::float8[]) as g(tenant_id, id, made, wait_ms)
        where d.tenant_id = g.tenant_id and d.id = g.id and ${HELD}`,
      [
        claimId,
        ...columns(
          back,
          ({ job }) => job.tenantId,
          ({ job }) => job.id,
          ({ kind }) => (kind === 'retry' ? 1 : 0),
          // As a wait from now on: what is due is judged by the database's clock, and ours may be wrong.
          ({ notBefore }) => (notBefore === undefined ? null : notBefore - now),
        ),
      ],
    );
  }

  private async moveToLog(tx: SystemTransaction, claimId: string, finished: Finished[]): Promise<Set<string>> {
    const rows = await tx.query<{ id: string }>(
      `with given as (
         select * from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::int[], $7::text[], $8::text[], $9::text[],
           $10::jsonb[], $11::jsonb[]) as g(tenant_id, id, state, finished_at, made, cause, verdict, message, patch, ignored)
       ), gone as (
         delete from delivery d using given g where d.tenant_id = g.tenant_id and d.id = g.id and ${HELD}
         returning d.tenant_id, d.created_at, d.id, d.endpoint_id, d.event_id, d.event_at, d.hook, d.mode, d.user_id, g.state,
           d.attempts + g.made as attempts, g.finished_at, g.cause, d.awaited, coalesce(g.verdict, d.verdict) as verdict, g.message,
           g.patch, g.ignored
       )
       insert into delivery_log (tenant_id, created_at, id, endpoint_id, event_id, event_at, hook, mode, user_id, state, attempts,
         finished_at, cause, awaited, verdict, message, patch, ignored)
       select * from gone returning id`,
      [
        claimId,
        ...columns(
          finished,
          ({ job }) => job.tenantId,
          ({ job }) => job.id,
          ({ state }) => state,
          ({ finishedAt }) => finishedAt,
          ({ attempt }) => (attempt ? 1 : 0),
          ({ cause }) => textColumn(cause),
          ({ answer }) => answer?.verdict ?? null,
          ({ answer }) => textColumn(answer?.message),
          ({ answer }) => jsonColumn(answer?.patch),
          ({ answer }) => jsonColumn(answer?.ignored),
        ),
      ],
    );
    return new Set(rows.map(({ id }) => id));
  }
}
