import type { Headers } from '../envelope/envelope-codec.js';
import type { NewRecord, RelaySession } from '../port/bus-driver.js';

interface OutboxRow {
  id: string;
  topic: string;
  part: number;
  key: string;
  headers: Headers;
  payload: string | null;
}

/**
 * A relay that is stopped in the middle, though it is not dead, keeps its lock and its rows for so long (milliseconds): a
 * little more than a request to the broker may take. When a broker is slower than that, the rows are sent again, no more.
 */
const OPEN_MS = 20_000;

/**
 * Takes the oldest rows and deletes them in the transaction that waits for the bus: a crash before the commit leaves them
 * where they were. A row that commits late, with a smaller id, is taken by the next round.
 */
export async function relayOutbox(
  session: RelaySession,
  outbox: string,
  limit: number,
  publish: (records: readonly NewRecord[]) => Promise<void>,
): Promise<number> {
  // One message: a process that is stopped between the two would keep the lock for as long as the server's default.
  await session.query(`begin; set local idle_in_transaction_session_timeout = ${OPEN_MS}`);
  try {
    const rows = await session.query<OutboxRow>(
      `with taken as (
         delete from ${outbox} o where o.id = any(array(select id from ${outbox} order by id limit $1))
         returning o.id, o.topic, o.part, o.key, o.headers, o.payload)
       select * from taken order by id`,
      [limit],
    );
    if (rows.length > 0) await publish(rows.map(toRecord));
    await session.query('commit');
    return rows.length;
  } catch (error) {
    await session.query('rollback').catch(() => undefined);
    throw error;
  }
}

function toRecord({ topic, part, key, headers, payload }: OutboxRow): NewRecord {
  return { topic, partition: part, key, headers, value: payload === null ? null : Buffer.from(payload, 'utf8') };
}
