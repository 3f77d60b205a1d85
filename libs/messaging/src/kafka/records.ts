import type { Message } from 'kafkajs';
import type { Headers } from '../envelope/envelope-codec.js';
import type { BusRecord, NewRecord } from '../port/bus-driver.js';
import type { FetchedMessage } from './kafkajs-internals.js';

/** Key, value and headers as they are: an object with members of those names is never taken for the record itself. */
export function toMessage({ partition, key, value, headers }: NewRecord): Message {
  return { partition, key, value, headers };
}

export function toRecord(topic: string, partition: number, message: FetchedMessage): BusRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    key: message.key?.toString('utf8') ?? null,
    headers: readHeaders(message.headers),
    value: message.value,
    timestamp: new Date(Number(message.timestamp)),
  };
}

/** Kafka allows a name several times; the last one counts. */
function readHeaders(given: FetchedMessage['headers']): Headers {
  const headers: Headers = {};
  for (const [name, value] of Object.entries(given)) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    headers[name] = last ? last.toString('utf8') : '';
  }
  return headers;
}

/** Bytes that a record takes on the wire and in memory, roughly. */
export function sizeOf(record: Pick<NewRecord, 'key' | 'value' | 'headers'>): number {
  let bytes = 64 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of Object.entries(record.headers)) bytes += name.length + value.length + 2;
  return bytes;
}
