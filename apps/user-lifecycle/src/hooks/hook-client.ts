import {
  announcedSchema,
  hookAnswerSchema,
  type AnnounceHook,
  type AskHook,
  type HookAnswer,
  type HookVerdict,
} from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import { CONFIG, ServiceRuntime, type ServiceClient } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { UserLifecycleConfig } from '../config.js';

/** What the dispatcher may take beyond the receiver's own time, in milliseconds. */
const OVERHEAD_MS = 1_000;
/** An announcement is over after the endpoint's own bound, at most 2 s (webhooks.json, `modes.announce`). */
const ANNOUNCE_DEADLINE_MS = 4_000;
const VERDICT_DEADLINE_MS = 2_000;

/** Asks and announces the tenant's hooks through webhook-dispatcher. Never called while a transaction is open. */
@Injectable()
export class HookClient {
  private readonly dispatcher: ServiceClient;

  constructor(runtime: ServiceRuntime, @Inject(CONFIG) config: UserLifecycleConfig) {
    this.dispatcher = runtime.client('webhook-dispatcher', config.WEBHOOK_DISPATCHER_URL);
  }

  /** @throws DomainError 503 when the dispatcher cannot be asked */
  async ask(tenantId: TenantId, question: AskHook): Promise<HookAnswer> {
    const answer = await this.dispatcher.call({
      method: 'POST',
      path: '/internal/hooks/ask',
      tenantId,
      body: question,
      deadlineMs: question.budgetMs + OVERHEAD_MS,
      answer: hookAnswerSchema,
    });
    return answer!;
  }

  /** Resolves when every receiver has answered or its bound is over. @throws DomainError 503 when the dispatcher cannot be reached */
  async announce(tenantId: TenantId, announcement: AnnounceHook): Promise<void> {
    await this.dispatcher.call({
      method: 'POST',
      path: '/internal/hooks/announce',
      tenantId,
      body: announcement,
      deadlineMs: ANNOUNCE_DEADLINE_MS,
      answer: announcedSchema,
    });
  }

  /** Notes in the delivery log that an answer failed local validation. */
  async reportVerdict(tenantId: TenantId, deliveryId: string, verdict: HookVerdict): Promise<void> {
    await this.dispatcher.call({
      method: 'POST',
      path: `/internal/deliveries/${encodeURIComponent(deliveryId)}/verdict`,
      tenantId,
      body: verdict,
      deadlineMs: VERDICT_DEADLINE_MS,
    });
  }
}
