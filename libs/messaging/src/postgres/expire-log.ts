import { BUS_DATABASE } from '@countersign/persistence';
import type pg from 'pg';

const { schema } = BUS_DATABASE;
const CHUNK = 5_000;
/** Dead letters wait for a person: at least so long. */
const DEAD_LETTER_RETENTION_MS = 30 * 24 * 3_600_000;

/**
 * Deletes what is older than the retention and lies below the cursor of every group that reads the topic; dead letters by
 * their age alone. One process at a time; answers how many rows went.
 */
export async function expireLog(pool: pg.Pool, retentionMs: number): Promise<number> {
  let deleted = 0;
  for (;;) {
    const { rowCount } = await pool.query(
      `with turn as (select pg_try_advisory_xact_lock(hashtextextended('countersign-bus-expire', 0)) as mine),
       floor as (
         select h.topic, h.part,
           coalesce((select min(c.off) from ${schema}.bus_cursor c where c.topic = h.topic and c.part = h.part), h.next_off) as off,
           case when h.topic like '%.dlq' then greatest($1, ${DEAD_LETTER_RETENTION_MS}) else $1 end as keep
         from ${schema}.bus_head h, turn where turn.mine
       ),
       old as (
         select l.tenant_id, l.topic, l.part, l.off from ${schema}.bus_log l join floor f using (topic, part)
         where l.off < f.off and l.at < clock_timestamp() - $1 * interval '1 millisecond'
           and l.at < clock_timestamp() - f.keep * interval '1 millisecond'
         limit ${CHUNK}
       )
       delete from ${schema}.bus_log l using old
       where l.tenant_id = old.tenant_id and l.topic = old.topic and l.part = old.part and l.off = old.off`,
      [retentionMs],
    );
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < CHUNK) return deleted;
  }
}
