import type { Endpoint } from '../endpoints/endpoint.js';
import { hookUrl } from '../endpoints/endpoint.js';
import { maskHeaders } from '../endpoints/endpoint.schema.js';
import { signatureHeaders } from '../signing/standard-webhooks.js';

export interface HookRequestParams {
  endpoint: Endpoint;
  hook: string;
  /** The hook's path, or the endpoint's own for it. */
  path: string;
  /** `dlv_…`, the same on every attempt. */
  deliveryId: string;
  /** From 1. */
  attempt: number;
  /** Exactly what is signed and sent. */
  body: string;
  accessToken: string;
  traceparent: string;
  now: Date;
  /** Of an awaited call. */
  deadlineMs?: number;
  dryRun?: boolean;
}

export interface HookRequest {
  url: URL;
  headers: Record<string, string>;
  body: string;
  /** The headers as they may be stored and shown: tokens, credentials and the endpoint's own values masked. */
  shownHeaders: Record<string, string>;
}

const BEARER_MASKED = 'Bearer ***';

/** What the requests to an endpoint have in common. */
interface Frame {
  /** Headers of ours that the endpoint's own may replace, those, and the receiver's credentials. */
  sent: Record<string, string>;
  shown: Record<string, string>;
  /** Where the platform's token goes. */
  tokenHeader: string;
  /** By path. */
  urls: Map<string, URL>;
}

/** Made once for each endpoint in memory: an endpoint that was changed is another object. */
const frames = new WeakMap<Endpoint, Frame>();

/** The request of one attempt, with every header that webhooks.json (`headers`) names. */
export function buildHookRequest(params: HookRequestParams): HookRequest {
  const { endpoint, now } = params;
  const frame = frameOf(endpoint);
  const secrets = endpoint.secrets.filter(({ validUntil }) => validUntil === null || validUntil > now);
  const contract: Record<string, string> = {
    ...signatureHeaders(params.deliveryId, now, params.body, secrets),
    'x-countersign-hook': params.hook,
    'x-countersign-tenant': endpoint.tenantId,
    'x-countersign-attempt': String(params.attempt),
    traceparent: params.traceparent,
  };
  if (params.deadlineMs !== undefined) contract['x-countersign-deadline-ms'] = String(params.deadlineMs);
  if (params.dryRun) contract['x-countersign-dry-run'] = 'true';
  return {
    url: urlOf(frame, endpoint, params.path),
    headers: { ...frame.sent, ...contract, [frame.tokenHeader]: `Bearer ${params.accessToken}` },
    body: params.body,
    shownHeaders: { ...frame.shown, ...contract, [frame.tokenHeader]: BEARER_MASKED },
  };
}

function frameOf(endpoint: Endpoint): Frame {
  let frame = frames.get(endpoint);
  if (!frame) frames.set(endpoint, (frame = newFrame(endpoint)));
  return frame;
}

function newFrame(endpoint: Endpoint): Frame {
  const open = {
    'content-type': 'application/json',
    accept: 'application/json',
    'user-agent': 'Countersign-Webhooks/1',
  };
  const own = lowerCased(endpoint.headers);
  const auth = authHeader(endpoint);
  return {
    sent: { ...open, ...own, ...(auth ? { [auth.name]: auth.value } : {}) },
    shown: { ...open, ...maskHeaders(own), ...(auth ? { [auth.name]: auth.shown } : {}) },
    tokenHeader: auth?.name === 'authorization' ? 'x-countersign-authorization' : 'authorization',
    urls: new Map(),
  };
}

function urlOf({ urls }: Frame, endpoint: Endpoint, path: string): URL {
  let url = urls.get(path);
  if (!url) urls.set(path, (url = hookUrl(endpoint.url, path)));
  return url;
}

function authHeader({ auth }: Endpoint): { name: string; value: string; shown: string } | undefined {
  if (!auth) return undefined;
  switch (auth.type) {
    case 'basic':
      return {
        name: 'authorization',
        value: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`,
        shown: 'Basic ***',
      };
    case 'bearer':
      return { name: 'authorization', value: `Bearer ${auth.token}`, shown: BEARER_MASKED };
    case 'header':
      return { name: auth.name.toLowerCase(), value: auth.value, shown: '***' };
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** The body as it may be shown: a password in it is masked. */
export function maskBody(body: string): string {
  return body.replace(/("passwordText"\s*:\s*)"(?:[^"\\]|\\.)*"/g, '$1"***"');
}
