import type { IncomingHttpHeaders } from 'node:http';

const ALLOWED_HEADERS =
  'authorization, content-type, idempotency-key, if-match, if-none-match, login-transaction, traceparent, tracestate, x-request-id';
const EXPOSED_HEADERS =
  'etag, idempotency-replayed, location, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id';

/** Which pages of other origins may call the API. Credentials are bearer tokens, so cookies are never allowed along. */
export class Cors {
  constructor(private readonly origins: readonly string[]) {}

  /** Headers of every answer to a page's request; none for an origin that is not on the list. */
  headersFor(request: IncomingHttpHeaders): Record<string, string> {
    if (this.origins.length === 0) return {};
    const { origin } = request;
    if (origin === undefined || !this.origins.includes(origin)) return { vary: 'Origin' };
    return {
      vary: 'Origin',
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED_HEADERS,
      'cross-origin-resource-policy': 'cross-origin',
    };
  }

  /** Headers of the answer to a preflight beside those; none when it is not allowed. */
  preflight(request: IncomingHttpHeaders, allow: readonly string[]): Record<string, string> {
    const { origin } = request;
    if (origin === undefined || !this.origins.includes(origin)) return {};
    if (request['access-control-request-method'] === undefined) return {};
    return {
      'access-control-allow-methods': allow.join(', '),
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': '600',
    };
  }
}
