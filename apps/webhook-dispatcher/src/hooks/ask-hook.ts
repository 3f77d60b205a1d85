import {
  HOOK_CATALOG,
  type HookAnswer,
  type HookDefinition,
  type HookOutcome,
  type askHookSchema,
} from '@countersign/contracts';
import { childTraceparent, currentContext, DomainError, type TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable, Logger } from '@nestjs/common';
import type { z } from 'zod';
import { hookBody, newDelivery, newEvent } from '../deliveries/new-delivery.js';
import { nextAttemptAt } from '../deliveries/retry-schedule.js';
import { insertAttempts } from '../deliveries/attempt-record.js';
import { DeliveryQueueRepository, type NewDelivery, type NewEvent } from '../dispatch/delivery-queue.repository.js';
import { isAnswering, policyOf } from '../endpoints/endpoint.js';
import { SubscriptionRepository, type Subscription } from '../endpoints/subscription.repository.js';
import { AskEndpoint, type Asked } from './ask-endpoint.js';
import { AwaitedRecords } from './awaited-records.js';
import { Bulkhead } from './bulkhead.js';

type Ask = z.output<typeof askHookSchema>;

/**
 * Asks a tenant's answering endpoint of a hook, and its shadow endpoints beside it. What the policy makes of a missing answer
 * is the endpoint's to say and the caller's to do; a recheck is queued here, before the caller hears of it.
 */
@Injectable()
export class AskHook {
  private readonly logger = new Logger(AskHook.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly subscriptions: SubscriptionRepository,
    private readonly endpoint: AskEndpoint,
    private readonly bulkhead: Bulkhead,
    private readonly records: AwaitedRecords,
    private readonly queue: DeliveryQueueRepository,
  ) {}

  /** @throws DomainError 422 `unknown_hook`; 503 `overloaded` when too many of the tenant's calls are in flight */
  async execute(tenantId: TenantId, ask: Ask): Promise<HookAnswer> {
    const hook = awaitedHook(ask.hook);
    const takers = await this.uow.run(tenantId, tx => this.subscriptions.ofHooks(tx, [hook.hook, ...ask.later]));
    const untaken = ask.later.filter(later => takers.every(taker => taker.hook !== later));
    const own = takers.filter(taker => taker.hook === hook.hook);
    return { outcome: await this.outcomeOf(tenantId, hook, own, ask), untaken };
  }

  private async outcomeOf(
    tenantId: TenantId,
    hook: HookDefinition,
    subscriptions: readonly Subscription[],
    ask: Ask,
  ): Promise<HookOutcome> {
    const answering = subscriptions.find(({ mode }) => isAnswering(mode));
    const shadows = subscriptions.filter(({ mode, enabled }) => mode === 'shadow' && enabled);
    if (!answering && shadows.length === 0) return { outcome: 'unchanged' };
    const event = newEvent({
      tenantId,
      sourceEventId: null,
      hook: hook.hook,
      userId: ask.userId,
      body: hookBody(ask.request),
      traceparent: currentContext()?.traceparent ?? childTraceparent(),
    });
    for (const shadow of shadows) {
      // Its own event row: the log of a shadow must not hang on the answering endpoint's.
      const own = newEvent(event);
      this.records.track(
        this.bulkhead
          .run(tenantId, () => this.shadow(hook, own, shadow, ask), 'shadow')
          .catch((error: unknown) => {
            if (!(error instanceof DomainError)) this.logger.error(error, 'shadow call');
          }),
      );
    }
    if (!answering) return { outcome: 'unchanged' };
    return this.bulkhead.run(tenantId, () => this.ask(hook, event, answering, ask));
  }

  private async ask(hook: HookDefinition, event: NewEvent, subscription: Subscription, ask: Ask): Promise<HookOutcome> {
    const delivery = newDelivery(event, subscription, subscription.mode as NewDelivery['mode'], { awaited: true });
    const asked = await this.put(hook, event, subscription, delivery, ask);
    const { answer } = asked;
    const policy = policyOf(hook, subscription);
    const recheck = answer.verdict === 'unanswered' && policy === 'allow_and_recheck' && !ask.dryRun;
    if (recheck) await this.queueRecheck(event, subscription, delivery, asked);
    else this.record(event, delivery, asked, ask.dryRun);
    switch (answer.verdict) {
      case 'unchanged':
        return { outcome: 'unchanged', deliveryId: delivery.id };
      case 'changed':
        return {
          outcome: 'changed',
          deliveryId: delivery.id,
          decides: hook.modes.includes('decide'),
          changes: answer.changes,
        };
      case 'refused':
        return { outcome: 'refused', deliveryId: delivery.id, message: answer.message! };
      case 'unanswered':
        return { outcome: 'unanswered', deliveryId: delivery.id, policy, reason: answer.message! };
    }
  }

  private async shadow(hook: HookDefinition, event: NewEvent, subscription: Subscription, ask: Ask): Promise<void> {
    const delivery = newDelivery(event, subscription, 'shadow', { awaited: true });
    this.record(event, delivery, await this.put(hook, event, subscription, delivery, ask), ask.dryRun);
  }

  private put(
    hook: HookDefinition,
    event: NewEvent,
    subscription: Subscription,
    delivery: NewDelivery,
    ask: Ask,
  ): Promise<Asked> {
    return this.endpoint.execute({
      hook,
      subscription,
      delivery,
      body: event.body,
      traceparent: event.traceparent,
      sentUser: ask.request.user,
      budgetMs: ask.budgetMs,
      dryRun: ask.dryRun,
    });
  }

  private record(event: NewEvent, delivery: NewDelivery, { answer, attempts }: Asked, dryRun: boolean): void {
    this.records.add({ event, delivery, attempts, answer, finishedAt: new Date(), dryRun });
  }

  /** The same delivery goes on as a durable one: same id, so the receiver can tell that it is the same question. */
  private async queueRecheck(
    event: NewEvent,
    subscription: Subscription,
    delivery: NewDelivery,
    { attempts }: Asked,
  ): Promise<void> {
    const now = new Date();
    const dueAt =
      nextAttemptAt({
        failures: 1,
        since: now,
        endedAt: now,
        schedule: subscription.retrySchedule,
        random: Math.random(),
      }) ?? now;
    await this.uow.system('queue recheck', async tx => {
      await this.queue.insertEvents(tx, [event]);
      await this.queue.insertDeliveries(tx, NO_CLAIM, [
        {
          ...delivery,
          attempts: Math.max(1, attempts.length),
          waitMs: dueAt.getTime() - now.getTime(),
          verdict: 'unanswered',
        },
      ]);
      await insertAttempts(tx, attempts);
    });
  }
}

/** A claim that nobody has: the row goes to whoever claims it when it is due. */
const NO_CLAIM = '00000000-0000-0000-0000-000000000000';

function awaitedHook(name: string): HookDefinition {
  const hook = HOOK_CATALOG.get(name);
  if (!hook?.modes.some(mode => isAnswering(mode))) {
    throw new DomainError('unknown_hook', 'invalid', `${name} is no hook that can be asked`);
  }
  return hook;
}
