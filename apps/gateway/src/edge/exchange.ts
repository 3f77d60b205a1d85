import type { IncomingMessage, ServerResponse } from 'node:http';
import { childTraceparent, uuid7 } from '@countersign/kernel';

/** One request and its answer, with what the gateway knows of them. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client's own `x-request-id` if it is usable, else a new one. */
  readonly requestId: string;
  readonly traceparent: string;
  /** The client's address; of a proxy's client, where the proxy is trusted. */
  readonly client: string;
  /** Path and query in their canonical spelling, once they are known to be good. */
  target: string;
  /** Template of the path, for metrics; `unmatched` until it is known. */
  route: string;
}

const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:+/=-]{0,127}$/;

export function openExchange(request: IncomingMessage, response: ServerResponse, client: string): Exchange {
  const given = request.headers['x-request-id'];
  const { traceparent } = request.headers;
  return {
    request,
    response,
    requestId: typeof given === 'string' && REQUEST_ID.test(given) ? given : uuid7(),
    traceparent: childTraceparent(typeof traceparent === 'string' ? traceparent : undefined),
    client,
    target: '/',
    route: 'unmatched',
  };
}
