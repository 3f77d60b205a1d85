import { isDeepStrictEqual } from 'node:util';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { checkIfMatch, recordAudit, type Principal } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { BreakerRepository } from '../dispatch/breaker.repository.js';
import { CheckEndpoint } from './check-endpoint.js';
import { endpointChanges } from './endpoint-changes.js';
import { EndpointChanged } from './endpoint-changed.js';
import { endpointNotFound, onlyPeople, rethrowAnsweringConflict } from './endpoint.errors.js';
import { EndpointRepository, type NewEndpoint } from './endpoint.repository.js';
import type { EndpointPatch, EndpointSettings } from './endpoint.schema.js';
import type { Endpoint } from './endpoint.js';

const MASK = '***';

@Injectable()
export class UpdateEndpoint {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: EndpointRepository,
    private readonly check: CheckEndpoint,
    private readonly breakers: BreakerRepository,
    private readonly outbox: Outbox,
    private readonly changed: EndpointChanged,
  ) {}

  /**
   * Applies a merge patch. A change closes the endpoint's breaker: it may have been mended.
   * @throws DomainError 403 for a machine that changes the url; 404; 409 `hook_already_answered`; 412; 422 naming each refused field
   */
  async execute(principal: Principal, id: string, patch: EndpointPatch, ifMatch?: string): Promise<Endpoint> {
    const { saved, principalChanged } = await this.uow
      .run(principal.tenantId, async tx => {
        const before = await this.endpoints.find(tx, id, true);
        if (!before) throw endpointNotFound();
        checkIfMatch(ifMatch, before.version);
        const settings = merge(before, patch);
        // What is kept for the receiver, headers and auth, goes wherever the URL says: to move it is to read it.
        if (settings.url !== before.url) onlyPeople(principal, 'change the url of an endpoint');
        const after: NewEndpoint = {
          ...settings,
          id,
          hooks: this.check.execute(settings, principal),
          retrySchedule: settings.retry?.schedule ?? null,
          disabledReason: settings.enabled || patch.enabled === false ? null : before.disabledReason,
        };
        const changes = endpointChanges(before, after);
        if (Object.keys(changes).length === 0 && after.disabledReason === before.disabledReason)
          return { saved: before, principalChanged: false };
        const principalChanged = !isDeepStrictEqual(before.token, after.token);
        await this.endpoints.replace(tx, after, principalChanged);
        await this.breakers.close(tx, id);
        await recordAudit(this.outbox, tx, {
          action: 'webhook_endpoint.updated',
          target: { type: 'webhook_endpoint', id },
          changes,
        });
        return { saved: (await this.endpoints.find(tx, id))!, principalChanged };
      })
      .catch(rethrowAnsweringConflict);
    await this.changed.execute(saved, principalChanged);
    return saved;
  }
}

/** The settings as they will be. A masked value that comes back from a read stands for the one that is there. */
function merge(before: Endpoint, patch: EndpointPatch): EndpointSettings {
  return {
    name: patch.name ?? before.name,
    url: patch.url ?? before.url,
    enabled: patch.enabled ?? before.enabled,
    hooks:
      patch.hooks ??
      before.hooks.map(({ hook, mode, failurePolicy, timeoutMs, path }) => ({
        hook,
        mode: mode as EndpointSettings['hooks'][number]['mode'],
        failurePolicy: failurePolicy ?? undefined,
        timeoutMs: timeoutMs ?? undefined,
        path: path ?? undefined,
      })),
    headers: mergeHeaders(before.headers, patch.headers),
    auth: patch.auth === undefined ? before.auth : patch.auth,
    token: { ...before.token, ...definedOnly(patch.token ?? {}) },
    caBundle: patch.caBundle === undefined ? before.caBundle : patch.caBundle,
    echo: patch.echo ?? before.echo,
    ordered: patch.ordered ?? before.ordered,
    retry: patch.retry === undefined ? before.retrySchedule && { schedule: before.retrySchedule } : patch.retry,
    rateLimit: patch.rateLimit === undefined ? before.rateLimit : patch.rateLimit,
    maxConcurrency: patch.maxConcurrency === undefined ? before.maxConcurrency : patch.maxConcurrency,
  };
}

function mergeHeaders(before: Record<string, string>, patch: EndpointPatch['headers']): Record<string, string> {
  if (patch === undefined) return before;
  if (patch === null) return {};
  const merged = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else if (value !== MASK || !merged.has(name)) merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

function definedOnly<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<T>;
}
