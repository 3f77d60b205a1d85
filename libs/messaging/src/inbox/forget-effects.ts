import type { UnitOfWork } from '@countersign/persistence';

const CHUNK = 10_000;

/** Deletes what the inbox knows of these handlers: events that are delivered to them again have their effects again. */
export async function forgetEffects(uow: UnitOfWork, handlers: readonly string[]): Promise<void> {
  for (;;) {
    const gone = await uow.system('inbox forget', tx =>
      tx.query(
        `delete from inbox i using (
           select tenant_id, handler, event_id from inbox where handler = any($1) limit ${CHUNK}) old
         where i.tenant_id = old.tenant_id and i.handler = old.handler and i.event_id = old.event_id returning 1`,
        [handlers],
      ),
    );
    if (gone.length < CHUNK) return;
  }
}
