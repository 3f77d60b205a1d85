import { DomainError, notFound } from '@countersign/kernel';
import { violatedConstraint } from '@countersign/persistence';
import type { Principal } from '@countersign/platform';

/** A step-up counts for so long, in seconds. */
const FRESH_SECONDS = 300;

export function endpointNotFound(): DomainError {
  return notFound('webhook endpoint');
}

/** Turns the unique index's refusal into the conflict that the client can act on; any other error is thrown on. */
export function rethrowAnsweringConflict(error: unknown): never {
  if (violatedConstraint(error) !== 'endpoint_hook__answering') throw error;
  throw new DomainError(
    'hook_already_answered',
    'conflict',
    'Another endpoint answers one of these awaited hooks; switch it off there first, or choose the mode shadow',
    {
      errors: [
        {
          pointer: '/hooks',
          code: 'hook_already_answered',
          message: 'An awaited hook has one answering endpoint at most',
        },
      ],
      cause: error,
    },
  );
}

/** @throws DomainError 403 for an endpoint's own principal and for an API key */
export function onlyPeople(principal: Principal, what: string): void {
  if (principal.kind !== 'user') throw new DomainError('forbidden', 'forbidden', `Only a person may ${what}`);
}

/** @throws DomainError 401 `insufficient_user_authentication` (RFC 9470) unless a factor was proved just now */
export function requireFreshAuthentication(principal: Principal, now: Date): void {
  const age = now.getTime() / 1000 - (principal.authTime ?? 0);
  if (age <= FRESH_SECONDS) return;
  throw new DomainError(
    'insufficient_user_authentication',
    'unauthenticated',
    `Prove who you are again (POST /v1/stepup); that counts for ${FRESH_SECONDS} seconds`,
  );
}
