import { BUS_DATABASE } from '@countersign/persistence';

const { schema } = BUS_DATABASE;

/** Tenant of a record that names none: no slug has that form, so no tenant's query can ever match it. */
export const NO_TENANT = '_';

/** What an append moved: so many records of a partition, whose next offset is now this one. */
export interface Appended {
  topic: string;
  part: number;
  n: number;
  next_off: string;
}

/**
 * Gives the rows of `batch` (tenant_id, ord, topic, part, key, headers, payload) their offsets and appends them, in the one
 * statement that also makes `batch`. Offsets are dense and follow commit order, because a partition's head stays locked
 * until the commit: a reader that has seen offset n never finds a smaller one later. Heads are locked in (topic, part)
 * order, so two relays cannot deadlock.
 */
function append(batch: string): string {
  return `
    with batch as (${batch}),
    counts as (select topic, part, count(*) as n from batch group by topic, part),
    heads as (
      insert into ${schema}.bus_head as h (topic, part, next_off)
      select topic, part, n from counts order by topic, part
      on conflict (topic, part) do update set next_off = h.next_off + excluded.next_off
      returning h.topic, h.part, h.next_off
    ),
    numbered as (
      select b.*, h.next_off - c.n + row_number() over (partition by b.topic, b.part order by b.ord) - 1 as off
      from batch b join counts c using (topic, part) join heads h using (topic, part)
    ),
    appended as (
      insert into ${schema}.bus_log (tenant_id, topic, part, off, key, headers, payload)
      select tenant_id, topic, part, off, key, headers, payload from numbered
    )
    select c.topic, c.part, c.n::int as n, h.next_off from counts c join heads h using (topic, part)`;
}

/** $1 = most rows. The outbox is a queue of one reader: oldest first by id, taken and appended in one statement. */
export function relaySql(outbox: string): string {
  return append(`
    delete from ${outbox} o where o.id = any(array(select id from ${outbox} order by id limit $1))
    returning o.tenant_id, o.id as ord, o.topic, o.part, o.key, o.headers, convert_to(o.payload, 'UTF8') as payload`);
}

/** $1..$6 = arrays of tenant_id, topic, part, key, headers as text, payload. */
export const PUBLISH_SQL = append(`
  select * from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[]::jsonb[], $6::bytea[])
  with ordinality as given (tenant_id, topic, part, key, headers, payload, ord)`);
