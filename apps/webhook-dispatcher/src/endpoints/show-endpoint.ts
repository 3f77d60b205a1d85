import type { z } from 'zod';
import type { BreakerState } from '../dispatch/breaker.js';
import { choosableHook, isAnswering, policyOf, timeoutOf, type Endpoint } from './endpoint.js';
import { maskHeaders, type endpointSchema } from './endpoint.schema.js';

type ShownEndpoint = z.output<typeof endpointSchema>;

/** The API's view of an endpoint: what the platform fills in is filled in, secrets are masked. */
export function showEndpoint(endpoint: Endpoint, breaker: BreakerState | undefined, now: Date): ShownEndpoint {
  const openUntil = breaker?.openUntil ?? 0;
  return {
    id: endpoint.id,
    name: endpoint.name,
    url: endpoint.url,
    enabled: endpoint.enabled,
    disabledReason: endpoint.disabledReason,
    hooks: endpoint.hooks.flatMap(choice => {
      const hook = choosableHook(choice.hook);
      if (!hook) return [];
      return [
        {
          hook: choice.hook,
          mode: choice.mode,
          failurePolicy: isAnswering(choice.mode) ? policyOf(hook, choice) : choice.failurePolicy,
          timeoutMs: timeoutOf(hook, choice),
          path: choice.path ?? hook.path,
        },
      ];
    }),
    headers: maskHeaders(endpoint.headers),
    auth: endpoint.auth && {
      type: endpoint.auth.type,
      ...(endpoint.auth.type === 'basic' ? { username: endpoint.auth.username } : {}),
      ...(endpoint.auth.type === 'header' ? { name: endpoint.auth.name } : {}),
    },
    token: endpoint.token,
    caBundle: endpoint.caBundle,
    echo: endpoint.echo,
    ordered: endpoint.ordered,
    retry: endpoint.retrySchedule && { schedule: endpoint.retrySchedule },
    rateLimit: endpoint.rateLimit,
    maxConcurrency: endpoint.maxConcurrency,
    breaker: {
      state: openUntil === 0 ? 'closed' : now.getTime() < openUntil ? 'open' : 'half_open',
      openUntil: openUntil === 0 ? null : new Date(openUntil).toISOString(),
    },
    createdAt: endpoint.createdAt.toISOString(),
    updatedAt: endpoint.updatedAt.toISOString(),
    version: endpoint.version,
  };
}
