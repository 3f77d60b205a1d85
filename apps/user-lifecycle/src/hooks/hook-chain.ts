import { toHookUser, type HookAnswer, type HookOutcome, type User } from '@countersign/contracts';
import { DomainError, type TenantId } from '@countersign/kernel';
import { Injectable, Logger } from '@nestjs/common';
import { HookClient } from './hook-client.js';

/** One deadline for all awaited hooks of one request, in milliseconds (webhooks.json, `timeouts`). */
export const CHAIN_BUDGET_MS = 5_000;

/** Attributes that a hook's answer changes; null = cleared. */
export type HookChanges = Readonly<Record<string, unknown>>;

export interface Consultation {
  tenantId: TenantId;
  /** Awaited hooks in the order in which they are asked; each later one may also be announced. */
  hooks: readonly string[];
  candidate: User;
  /** Whether the user exists already: its hooks then show id and status. */
  exists: boolean;
  dryRun: boolean;
  /**
   * Applies an answer and validates the result; the same checks as for what the caller sent.
   * @throws DomainError of the kinds invalid and conflict when the answer cannot be taken
   */
  apply: (candidate: User, changes: HookChanges) => Promise<User>;
}

/** The user after the tenant's answers, and the answers that were taken, to be applied again if the user changed meanwhile. */
export interface Consulted {
  candidate: User;
  taken: HookChanges[];
  /** Hooks that nobody took when the first of the change was asked: they were not asked, and need not be announced. */
  untaken: string[];
}

/** Asks the awaited hooks of a change, one after the other under one deadline, and applies what they answer. */
@Injectable()
export class HookChain {
  private readonly logger = new Logger(HookChain.name);

  constructor(private readonly hooks: HookClient) {}

  /**
   * @throws DomainError 422 `hook_refused` (the tenant's message), 422 `hook_answer_invalid`, 503 `hook_unavailable`;
   * each names the hook in `hook`
   */
  async consult(consultation: Consultation): Promise<Consulted> {
    const until = performance.now() + CHAIN_BUDGET_MS;
    const taken: HookChanges[] = [];
    const untaken: string[] = [];
    let { candidate } = consultation;
    for (const [at, hook] of consultation.hooks.entries()) {
      if (untaken.includes(hook)) continue;
      const later = consultation.hooks.slice(at + 1);
      const budgetMs = Math.max(1, Math.floor(until - performance.now()));
      const { outcome, untaken: found } = await this.ask(consultation, hook, candidate, later, budgetMs);
      untaken.push(...found);
      const changes = usable(hook, outcome);
      if (!changes) continue;
      const applied = await this.take(consultation, hook, changes, candidate);
      if (!applied) continue;
      candidate = applied;
      taken.push(changes.changes);
    }
    return { candidate, taken, untaken };
  }

  /**
   * Announces what is about to happen.
   * @param mustSucceed false where the change must not depend on the dispatcher either (shutting an account): a failure is logged
   */
  async announce(tenantId: TenantId, hook: string, user: User, exists: boolean, mustSucceed: boolean): Promise<void> {
    try {
      await this.hooks.announce(tenantId, { hook, userId: user.id, request: { user: toHookUser(user, exists) } });
    } catch (error) {
      if (mustSucceed) throw unavailable(hook, error);
      this.logger.warn(`${hook} of ${user.id} could not be announced: ${String(error)}`);
    }
  }

  private async ask(
    consultation: Consultation,
    hook: string,
    candidate: User,
    later: string[],
    budgetMs: number,
  ): Promise<HookAnswer> {
    const { tenantId, exists, dryRun } = consultation;
    const user = toHookUser(candidate, exists);
    try {
      return await this.hooks.ask(tenantId, { hook, userId: candidate.id, request: { user }, later, dryRun, budgetMs });
    } catch (error) {
      throw unavailable(hook, error);
    }
  }

  /** The candidate with the answer; undefined when an answer that may only enrich is ignored. */
  private async take(
    { tenantId, apply }: Consultation,
    hook: string,
    answer: Extract<HookOutcome, { outcome: 'changed' }>,
    candidate: User,
  ): Promise<User | undefined> {
    try {
      return await apply(candidate, answer.changes);
    } catch (error) {
      if (!(error instanceof DomainError) || (error.kind !== 'invalid' && error.kind !== 'conflict')) throw error;
      const [first] = error.errors ?? [];
      const verdict = {
        verdict: 'answer_invalid',
        pointer: first?.pointer ?? '',
        message: first?.message ?? error.message,
      } as const;
      await this.hooks.reportVerdict(tenantId, answer.deliveryId, verdict).catch((failure: unknown) => {
        this.logger.warn(`The verdict on delivery ${answer.deliveryId} could not be reported: ${String(failure)}`);
      });
      if (!answer.decides) return undefined;
      throw new DomainError(
        'hook_answer_invalid',
        'invalid',
        `The answer of ${hook} cannot be taken: ${error.message}`,
        {
          errors: error.errors,
          extra: { hook },
        },
      );
    }
  }
}

/** The changes of an outcome, if it has any. @throws DomainError when the outcome stops the change */
function usable(hook: string, outcome: HookOutcome): Extract<HookOutcome, { outcome: 'changed' }> | undefined {
  switch (outcome.outcome) {
    case 'unchanged':
      return undefined;
    case 'changed':
      return outcome;
    case 'refused':
      throw new DomainError('hook_refused', 'invalid', outcome.message, {
        extra: { hook, deliveryId: outcome.deliveryId },
      });
    case 'unanswered':
      // The dispatcher asks again by itself where the policy says so.
      if (outcome.policy !== 'deny') return undefined;
      throw unavailable(hook, undefined, outcome.reason, outcome.deliveryId);
  }
}

function unavailable(hook: string, cause?: unknown, reason?: string, deliveryId?: string): DomainError {
  const why = reason ?? (cause instanceof Error ? cause.message : 'it could not be asked');
  return new DomainError('hook_unavailable', 'unavailable', `The tenant's ${hook} gave no usable answer: ${why}`, {
    retryAfter: 5,
    extra: { hook, ...(deliveryId ? { deliveryId } : {}) },
    cause,
  });
}
