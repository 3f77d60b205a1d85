import { BUS_DATABASE } from '@countersign/persistence';
import type pg from 'pg';
import { deadLetterTopic } from '../consumer/dead-letter.js';
import type { DeadLetterQuery, StoredDeadLetter } from '../port/bus-driver.js';
import { LOG_COLUMNS, toRecord, type LogRow } from './log-records.js';

const { schema } = BUS_DATABASE;

/** `<dead-letter topic>:<partition>:<offset>`. */
interface Place {
  topic: string;
  part: number;
  off: number;
}

/** In order of topic, partition and offset, so that one key's dead letters keep their order. */
export async function listDeadLetters(pool: pg.Pool, query: DeadLetterQuery): Promise<StoredDeadLetter[]> {
  const after = query.after === undefined ? undefined : parsePlace(query.after);
  const { rows } = await pool.query<LogRow>(
    `select ${LOG_COLUMNS} from ${schema}.bus_log l
     where l.topic = any(array(
         select distinct h.topic from ${schema}.bus_head h
         where case when $1::text is null then right(h.topic, length($2)) = $2 else h.topic = $1 end))
       and ($3::text is null or l.headers ->> 'dlq-handler' = $3)
       and ($4::text is null or (l.topic, l.part, l.off) > ($4, $5::int, $6::bigint))
     order by l.topic, l.part, l.off limit $7`,
    [
      query.topic === undefined ? null : deadLetterTopic(query.topic, query.group),
      deadLetterTopic('', query.group),
      query.handler ?? null,
      after?.topic ?? null,
      after?.part ?? null,
      after?.off ?? null,
      query.limit,
    ],
  );
  return rows.map(toStored);
}

export async function findDeadLetters(
  pool: pg.Pool,
  group: string,
  ids: readonly string[],
): Promise<StoredDeadLetter[]> {
  const places = ids.map(parsePlace).filter(place => place !== undefined && isOf(group, place));
  const { rows } = await pool.query<LogRow>(
    `select ${LOG_COLUMNS} from ${schema}.bus_log l
     join unnest($1::text[], $2::int[], $3::bigint[]) as w (topic, part, off)
       on w.topic = l.topic and w.part = l.part and w.off = l.off
     order by l.topic, l.part, l.off`,
    [places.map(place => place!.topic), places.map(place => place!.part), places.map(place => place!.off)],
  );
  return rows.map(toStored);
}

export async function deleteDeadLetter(pool: pg.Pool, group: string, id: string): Promise<void> {
  const place = parsePlace(id);
  if (!place || !isOf(group, place)) return;
  await pool.query(`delete from ${schema}.bus_log where topic = $1 and part = $2 and off = $3`, [
    place.topic,
    place.part,
    place.off,
  ]);
}

function toStored(row: LogRow): StoredDeadLetter {
  return { id: `${row.topic}:${row.part}:${row.off}`, record: toRecord(row) };
}

function isOf(group: string, place: Place): boolean {
  return place.topic.endsWith(deadLetterTopic('', group));
}

function parsePlace(id: string): Place | undefined {
  const match = /^([\w.-]+):(\d{1,9}):(\d{1,15})$/.exec(id);
  return match ? { topic: match[1]!, part: Number(match[2]), off: Number(match[3]) } : undefined;
}
