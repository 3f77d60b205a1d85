import { BUS_DATABASE } from '@countersign/persistence';
import type pg from 'pg';
import { Gather } from '../connection/gather.js';
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

/** A place in the log to read from. */
interface Place {
  topic: string;
  part: number;
  from: number;
  limit: number;
}

/** Reads the log for one consumer: partitions that are asked for at once in one statement. */
export class LogReader {
  private readonly places: Gather<Place, BusRecord[]>;

  constructor(pool: pg.Pool) {
    this.places = new Gather(places => fetchRecords(pool, places));
  }

  /** Records from an offset on. Offsets are given in commit order, so nothing can still turn up between two that are seen. */
  fetch(topic: string, part: number, from: number, limit: number): Promise<BusRecord[]> {
    return this.places.add({ topic, part, from, limit });
  }
}

async function fetchRecords(pool: pg.Pool, places: readonly Place[]): Promise<BusRecord[][]> {
  const { rows } = await pool.query<LogRow & { place: number }>({
    name: 'bus-fetch',
    // JSON, not arrays: of these the planner knows the length each time, and finds no plan good enough for all.
    text: `select p.place, ${LOG_COLUMNS}
           from jsonb_to_recordset($1::jsonb) as p(place int, topic text, part int, off bigint, most int)
           cross join lateral (
             select b.*, sum(b.bytes) over (order by b.off) - b.bytes as before from (
               select *, coalesce(octet_length(r.payload), 0) as bytes from ${schema}.bus_log r
               where r.topic = p.topic and r.part = p.part and r.off >= p.off order by r.off limit p.most) b) l
           where l.before < $2 order by p.place, l.off`,
    values: [
      JSON.stringify(
        places.map(({ topic, part, from, limit }, place) => ({ place, topic, part, off: from, most: limit })),
      ),
      MAX_BYTES,
    ],
  });
  const found = places.map((): BusRecord[] => []);
  for (const row of rows) found[row.place]!.push(toRecord(row));
  return found;
}
