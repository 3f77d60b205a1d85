import type { IncomingHttpHeaders } from 'node:http';
import { CLIENT_HEADER, SERVICE_HEADER, TENANT_HEADER } from '@countersign/platform';

/** RFC 9110 §7.6.1 and RFC 9112: of one connection, never passed on. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Set by the gateway alone; what a client sends under these names is dropped. */
const OWN = new Set(['authorization', 'forwarded', 'host', 'traceparent', 'via', 'x-real-ip', 'x-request-id']);
/** `x_countersign_tenant` too: there are servers that take an underscore for a hyphen. */
const OWN_FAMILY = /^x[-_](countersign|forwarded)([-_]|$)/;

/** What the gateway vouches for, beside the client's own headers. */
export interface Vouched {
  serviceToken: string;
  client: string;
  requestId: string;
  traceparent: string;
  tenantId?: string;
  /** `Bearer <access token>`, where the path needs one. */
  authorization?: string;
}

/** The headers of the request that goes on to the service: the client's, less what it may not say, and the gateway's. */
export function upstreamRequestHeaders(
  incoming: IncomingHttpHeaders,
  vouched: Vouched,
): Record<string, string | string[]> {
  const dropped = connectionOptions(incoming.connection);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(incoming)) {
    if (value === undefined || HOP_BY_HOP.has(name) || OWN.has(name) || OWN_FAMILY.test(name) || dropped.has(name))
      continue;
    headers[name] = value;
  }
  headers[SERVICE_HEADER] = vouched.serviceToken;
  headers[CLIENT_HEADER] = vouched.client;
  headers['x-request-id'] = vouched.requestId;
  headers['traceparent'] = vouched.traceparent;
  if (vouched.tenantId !== undefined) headers[TENANT_HEADER] = vouched.tenantId;
  if (vouched.authorization !== undefined) headers['authorization'] = vouched.authorization;
  return headers;
}

/** The header names that a Connection header makes hop-by-hop; those that frame the message are not its to name. */
export function connectionOptions(connection: string | undefined): ReadonlySet<string> {
  const named = (connection ?? '')
    .toLowerCase()
    .split(',')
    .map(name => name.trim());
  return new Set(named.filter(name => name !== '' && name !== 'content-length' && name !== 'content-type'));
}
