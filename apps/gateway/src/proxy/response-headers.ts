import { connectionOptions, HOP_BY_HOP } from './request-headers.js';

/** What the gateway says itself on every answer, or what says more of the inside than a client needs. */
const DROPPED = new Set([
  'date',
  'ratelimit',
  'ratelimit-policy',
  'server',
  'traceparent',
  'x-powered-by',
  'x-request-id',
]);

/** The headers of a service's answer that go on to the client. */
export function downstreamResponseHeaders(
  answered: Record<string, string | string[] | undefined>,
  set: ReadonlySet<string>,
): Record<string, string | string[]> {
  const connection = answered['connection'];
  const dropped = connectionOptions(Array.isArray(connection) ? connection.join(',') : connection);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(answered)) {
    if (value === undefined || HOP_BY_HOP.has(name) || DROPPED.has(name) || dropped.has(name)) continue;
    if (name.startsWith('x-countersign-') || (set.has(name) && name !== 'vary')) continue;
    headers[name] = value;
  }
  return headers;
}
