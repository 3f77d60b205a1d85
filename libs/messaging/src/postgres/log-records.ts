import type { BusRecord } from '../port/bus-driver.js';
import type { Headers } from '../envelope/envelope-codec.js';

/** A row of bus_log; bigints arrive as text. */
export interface LogRow {
  tenant_id: string;
  topic: string;
  part: number;
  off: string;
  key: string | null;
  headers: Headers;
  payload: Buffer | null;
  at: Date;
}

export const LOG_COLUMNS = 'l.tenant_id, l.topic, l.part, l.off, l.key, l.headers, l.payload, l.at';

export function toRecord(row: LogRow): BusRecord {
  return {
    topic: row.topic,
    partition: row.part,
    offset: Number(row.off),
    key: row.key,
    headers: row.headers,
    value: row.payload,
    timestamp: row.at,
  };
}
