import {
  HOOK_CATALOG,
  type FailurePolicy,
  type HookDefinition,
  type HookMode,
  type Role,
} from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import type { SigningSecret } from '../signing/standard-webhooks.js';
import type { EndpointAuth } from './endpoint.schema.js';

/** Bounds of one attempt, in milliseconds (webhooks.json, `timeouts`). */
export const AWAITED_TIMEOUT_MS = 2_000;
export const NOTIFY_TIMEOUT_MS = 15_000;

export interface EndpointHook {
  hook: string;
  mode: HookMode;
  failurePolicy: FailurePolicy | null;
  timeoutMs: number | null;
  path: string | null;
}

/** An endpoint with its secrets open: lives in memory only, while requests are made with it. */
export interface Endpoint {
  tenantId: TenantId;
  id: string;
  version: number;
  name: string;
  url: string;
  enabled: boolean;
  disabledReason: string | null;
  hooks: EndpointHook[];
  headers: Record<string, string>;
  auth: EndpointAuth | null;
  token: { roles: Role[]; ttlSeconds: number };
  caBundle: string | null;
  echo: boolean;
  ordered: boolean;
  retrySchedule: number[] | null;
  rateLimit: number | null;
  maxConcurrency: number | null;
  /** Signing secrets that are valid now, the current one first. */
  secrets: (SigningSecret & { validUntil: Date | null })[];
  createdAt: Date;
  updatedAt: Date;
}

/** A hook of the catalogue that endpoints may choose; save & test's own is none. */
export function choosableHook(name: string): HookDefinition | undefined {
  const hook = HOOK_CATALOG.get(name);
  return hook && !hook.modes.includes('test') ? hook : undefined;
}

/** Whether the answer of that mode counts. */
export function isAnswering(mode: string): boolean {
  return mode === 'decide' || mode === 'enrich';
}

export function timeoutOf(hook: HookDefinition, choice: Pick<EndpointHook, 'mode' | 'timeoutMs'>): number {
  const quick = choice.mode !== 'notify' || hook.announced === true;
  return choice.timeoutMs ?? (quick ? AWAITED_TIMEOUT_MS : NOTIFY_TIMEOUT_MS);
}

export function policyOf(hook: HookDefinition, choice: Pick<EndpointHook, 'failurePolicy'>): FailurePolicy {
  return choice.failurePolicy ?? hook.failurePolicy;
}

/** The address of one hook: the base URL with the hook's path appended, its query kept. */
export function hookUrl(base: string, path: string): URL {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  return url;
}
