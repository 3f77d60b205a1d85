import type { BusRecord, NewRecord, StoredDeadLetter } from '../port/bus-driver.js';

/** A dead letter as an operator sees it. */
export interface DeadLetter {
  id: string;
  /** Where the event was. */
  topic: string;
  partition: number;
  offset: number;
  /** The one handler that a redrive runs; `*` when the record could not be read, so that no handler was reached. */
  handler: string;
  error: string;
  attempts: number;
  /** RFC 3339. */
  at: string;
  eventId?: string;
  type?: string;
  tenantId?: string;
  subject?: string;
}

/** Handler name of a record that could not be read. */
export const ANY_HANDLER = '*';

export function deadLetterTopic(topic: string, group: string): string {
  return `${topic}.${group}.dlq`;
}

/** The record as it was (key, value, headers), with `dlq-*` headers that say where it was, who could not take it, and why. */
export function toDeadLetter(
  record: BusRecord,
  failure: { group: string; handler: string; error: unknown; attempts: number },
): NewRecord {
  const { group, handler, error, attempts } = failure;
  return {
    topic: deadLetterTopic(record.topic, group),
    partition: record.partition,
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      'dlq-topic': record.topic,
      'dlq-partition': String(record.partition),
      'dlq-offset': String(record.offset),
      'dlq-group': group,
      'dlq-handler': handler,
      'dlq-error': reason(error),
      'dlq-attempts': String(attempts),
      'dlq-at': new Date().toISOString(),
    },
  };
}

export function describeDeadLetter({ id, record }: StoredDeadLetter): DeadLetter {
  const { headers } = record;
  return {
    id,
    topic: headers['dlq-topic'] ?? record.topic,
    partition: Number(headers['dlq-partition'] ?? record.partition),
    offset: Number(headers['dlq-offset'] ?? record.offset),
    handler: headers['dlq-handler'] ?? ANY_HANDLER,
    error: headers['dlq-error'] ?? '',
    attempts: Number(headers['dlq-attempts'] ?? 0),
    at: headers['dlq-at'] ?? record.timestamp.toISOString(),
    eventId: headers['ce_id'],
    type: headers['ce_type'],
    tenantId: headers['ce_tenantid'],
    subject: headers['ce_subject'],
  };
}

/** The record as it was before it became a dead letter, and the handler to run. */
export function restoreRecord({ record }: StoredDeadLetter): { record: BusRecord; handler: string } {
  const letter = describeDeadLetter({ id: '', record });
  const headers = Object.fromEntries(Object.entries(record.headers).filter(([name]) => !name.startsWith('dlq-')));
  const { topic, partition, offset, handler } = letter;
  return { record: { ...record, topic, partition, offset, headers }, handler };
}

/** Short, and without what no store takes as text: NUL characters and halves of characters. */
function reason(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : JSON.stringify(error);
  return (text ?? String(error)).slice(0, 1_000).toWellFormed().replaceAll('\0', '\ufffd');
}
