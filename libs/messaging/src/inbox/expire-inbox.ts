import type { UnitOfWork } from '@countersign/persistence';

const CHUNK = 5_000;
const LEAST_MS = 30 * 24 * 3_600_000;

/**
 * Deletes inbox rows that no delivery can meet any more: kept for 30 days or twice the log's retention, whichever is
 * longer, so that a replay of all that is retained still finds them.
 */
export async function expireInbox(uow: UnitOfWork, retentionMs: number): Promise<void> {
  for (;;) {
    const gone = await uow.system('inbox clean-up', tx =>
      tx.query(
        `delete from inbox i using (
           select tenant_id, handler, event_id from inbox
           where handled_at < now() - $1 * interval '1 millisecond' order by handled_at limit ${CHUNK}) old
         where i.tenant_id = old.tenant_id and i.handler = old.handler and i.event_id = old.event_id returning 1`,
        [Math.max(LEAST_MS, 2 * retentionMs)],
      ),
    );
    if (gone.length < CHUNK) return;
  }
}
