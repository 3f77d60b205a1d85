import { BUS_DATABASE } from '@countersign/persistence';
import type pg from 'pg';
import type { BusRecord } from '../port/bus-driver.js';
import { LOG_COLUMNS, toRecord, type LogRow } from './log-records.js';

const { schema } = BUS_DATABASE;
/** A batch ends with the record that reaches so many bytes: six partitions of large records must fit into memory. */
const MAX_BYTES = 2 * 1024 * 1024;

export async function fetchHeads(pool: pg.Pool, topics: readonly string[]): Promise<{ name: string; next: number }[]> {
  const { rows } = await pool.query<{ topic: string; part: number; next_off: string }>(
    `select topic, part, next_off from ${schema}.bus_head where topic = any($1)`,
    [topics],
  );
  return rows.map(row => ({ name: `${row.topic}/${row.part}`, next: Number(row.next_off) }));
}

/** Records from an offset on. Offsets are given in commit order, so nothing can still turn up between two that are seen. */
export async function fetchRecords(
  pool: pg.Pool,
  topic: string,
  part: number,
  from: number,
  limit: number,
): Promise<BusRecord[]> {
  const { rows } = await pool.query<LogRow>({
    name: 'bus-fetch',
    text: `select ${LOG_COLUMNS} from (
             select b.*, sum(b.bytes) over (order by b.off) - b.bytes as before from (
               select *, coalesce(octet_length(l.payload), 0) as bytes from ${schema}.bus_log l
               where l.topic = $1 and l.part = $2 and l.off >= $3 order by l.off limit $4) b) l
           where l.before < $5 order by l.off`,
    values: [topic, part, from, limit, MAX_BYTES],
  });
  return rows.map(toRecord);
}
