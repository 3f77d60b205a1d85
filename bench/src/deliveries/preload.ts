import { newId, type TenantId } from '@countersign/kernel';
import type pg from 'pg';
import { sampleBody } from './sample-body.js';

const CHUNK = 5_000;
/** So many of the deliveries are of one user, and keep their order. */
const PER_USER = 5;

/**
 * Puts due deliveries into the dispatcher's own tables, as its fan-out leaves those that it has no room for: each with an
 * event of its own, five of one user each.
 */
export async function preloadDeliveries(
  database: pg.Client,
  tenant: TenantId,
  endpointId: string,
  count: number,
): Promise<void> {
  const schema = 'webhook_dispatcher';
  let userId = newId('usr');
  for (let done = 0; done < count; done += CHUNK) {
    const rows = Array.from({ length: Math.min(CHUNK, count - done) }, (_, n) => {
      if (n % PER_USER === 0) userId = newId('usr');
      return { event: newId('evt'), delivery: newId('dlv'), userId, body: sampleBody(userId) };
    });
    const parameters = [tenant, rows.map(row => row.event), rows.map(row => row.userId)];
    await database.query('begin');
    // The id's own moment would do as well; one per transaction keeps event and delivery together.
    await database.query(
      `insert into ${schema}.event (tenant_id, created_at, id, source_event_id, hook, user_id, body, traceparent)
       select $1, date_trunc('milliseconds', now()), e, gen_random_uuid(), 'postCreateUser', u, b,
         '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
         from unnest($2::text[], $3::text[], $4::text[]) as g(e, u, b)`,
      [...parameters, rows.map(row => row.body)],
    );
    await database.query(
      `insert into ${schema}.delivery (tenant_id, id, endpoint_id, event_id, event_at, created_at, hook, mode, user_id,
         order_key, since, due_at, expires_at)
       select $1, d, $5, e, m, m, 'postCreateUser', 'notify', u, u, m, m - make_interval(secs => (${CHUNK} - n) / 10000.0),
         m + interval '3 days'
         from (select date_trunc('milliseconds', now()) as m) now,
           unnest($2::text[], $3::text[], $4::text[]) with ordinality as g(e, u, d, n) order by n`,
      [...parameters, rows.map(row => row.delivery), endpointId],
    );
    await database.query('commit');
  }
  await database.query(`analyze ${schema}.delivery, ${schema}.event`);
}
