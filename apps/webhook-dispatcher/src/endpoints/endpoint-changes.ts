import { isDeepStrictEqual } from 'node:util';
import type { AuditRecord } from '@countersign/contracts';
import type { NewEndpoint } from './endpoint.repository.js';

const SECRET_FIELDS = new Set<string>(['headers', 'auth']);
const PLAIN_FIELDS = [
  'name',
  'url',
  'enabled',
  'hooks',
  'token',
  'caBundle',
  'echo',
  'ordered',
  'retrySchedule',
  'rateLimit',
  'maxConcurrency',
] as const;

/** What changed between two states of an endpoint, for the audit log; secrets are named, their values never given. */
export function endpointChanges(
  before: NewEndpoint | undefined,
  after: NewEndpoint | undefined,
): AuditRecord['changes'] {
  const changes: AuditRecord['changes'] = {};
  for (const field of [...PLAIN_FIELDS, 'headers', 'auth'] as const) {
    const [old, fresh] = [before?.[field], after?.[field]];
    if (isDeepStrictEqual(old, fresh)) continue;
    changes[field] = SECRET_FIELDS.has(field)
      ? {}
      : { ...(before ? { before: old } : {}), ...(after ? { after: fresh } : {}) };
  }
  return changes;
}
