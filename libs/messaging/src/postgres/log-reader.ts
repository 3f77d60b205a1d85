import { BUS_DATABASE } from '@countersign/persistence';
import type pg from 'pg';
import type { BusRecord } from '../port/bus-driver.js';
import { LOG_COLUMNS, toRecord, type LogRow } from './log-records.js';

const { schema } = BUS_DATABASE;

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
    text: `select ${LOG_COLUMNS} from ${schema}.bus_log l
           where l.topic = $1 and l.part = $2 and l.off >= $3 order by l.off limit $4`,
    values: [topic, part, from, limit],
  });
  return rows.map(toRecord);
}
