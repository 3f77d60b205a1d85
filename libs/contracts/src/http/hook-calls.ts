import { z } from 'zod';
import { FAILURE_POLICIES } from '../hooks/define-hook.js';
import { hookUserSchema } from '../hooks/hook-user.js';

/** user-lifecycle -> webhook-dispatcher: `POST /internal/hooks/ask`; the tenant travels in x-countersign-tenant. */
export const askHookSchema = z.strictObject({
  hook: z.string(),
  /** The user's id, made before validateUser: the order key, and the subject in the delivery log. */
  userId: z.string(),
  request: z.looseObject({ user: hookUserSchema }),
  /** Hooks of the same change that the caller will come to; the answer names those of them that nobody takes. */
  later: z.array(z.string()).default([]),
  dryRun: z.boolean().default(false),
  /** What is left of the chain's one deadline, in milliseconds. */
  budgetMs: z.number().int().min(1).max(10_000),
});
export type AskHook = z.input<typeof askHookSchema>;

/**
 * The hook's outcome. `unanswered` = no usable answer; `policy` then says what the endpoint's configuration wants done.
 * `changes` holds only attributes on the tenant's allow-list; null = cleared.
 */
export const hookOutcomeSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('unchanged'), deliveryId: z.string().optional() }),
  z.object({
    outcome: z.literal('changed'),
    deliveryId: z.string(),
    /** Whether the hook may refuse: an answer that fails validation is then the caller's error, else it is ignored. */
    decides: z.boolean(),
    changes: z.record(z.string(), z.unknown()),
  }),
  z.object({ outcome: z.literal('refused'), deliveryId: z.string(), message: z.string() }),
  z.object({
    outcome: z.literal('unanswered'),
    deliveryId: z.string(),
    policy: z.enum(FAILURE_POLICIES),
    reason: z.string(),
  }),
]);
export type HookOutcome = z.output<typeof hookOutcomeSchema>;

/** Answer of `POST /internal/hooks/ask`: the outcome, and those of `later` that need not be asked or announced for this change. */
export const hookAnswerSchema = z.object({ outcome: hookOutcomeSchema, untaken: z.array(z.string()) });
export type HookAnswer = z.output<typeof hookAnswerSchema>;

/** user-lifecycle -> webhook-dispatcher: `POST /internal/hooks/announce`; answers when each receiver has, or the bound is over. */
export const announceHookSchema = z.strictObject({
  hook: z.string(),
  userId: z.string(),
  request: z.looseObject({ user: hookUserSchema }),
});
export type AnnounceHook = z.input<typeof announceHookSchema>;
export const announcedSchema = z.object({ deliveries: z.array(z.string()) });

/** user-lifecycle -> webhook-dispatcher: `POST /internal/deliveries/{id}/verdict`: the answer failed local validation. */
export const hookVerdictSchema = z.strictObject({
  verdict: z.literal('answer_invalid'),
  pointer: z.string(),
  message: z.string(),
});
export type HookVerdict = z.input<typeof hookVerdictSchema>;
