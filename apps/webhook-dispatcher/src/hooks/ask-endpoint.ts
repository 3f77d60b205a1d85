import type { HookDefinition } from '@countersign/contracts';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { judgeUserAnswer, unanswered, type JudgedAnswer } from '../answers/judge-answer.js';
import { attemptRecord, type AttemptRecord } from '../deliveries/attempt-record.js';
import { BreakerRepository } from '../dispatch/breaker.repository.js';
import type { NewDelivery } from '../dispatch/delivery-queue.repository.js';
import { DispatcherMetrics } from '../dispatch/dispatcher-metrics.js';
import { EndpointGates } from '../dispatch/endpoint-gates.js';
import { EndpointDirectory } from '../endpoints/endpoint-directory.js';
import { timeoutOf, type Endpoint } from '../endpoints/endpoint.js';
import type { Subscription } from '../endpoints/subscription.repository.js';
import { CallHook, NoEndpointToken } from './call-hook.js';

/** A second try after a failed connection must have at least so much time left, in milliseconds. */
const RETRY_LEAST_MS = 50;

export interface Question {
  hook: HookDefinition;
  subscription: Subscription;
  delivery: NewDelivery;
  body: string;
  traceparent: string;
  sentUser: Record<string, unknown>;
  /** What is left of the chain's deadline, in milliseconds. */
  budgetMs: number;
  dryRun: boolean;
}

export interface Asked {
  answer: JudgedAnswer;
  attempts: AttemptRecord[];
}

/** Asks one endpoint and reads its answer, within its time-out and the budget; an open breaker or a missing token is an answer at once. */
@Injectable()
export class AskEndpoint {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly directory: EndpointDirectory,
    private readonly gates: EndpointGates,
    private readonly breakers: BreakerRepository,
    private readonly callHook: CallHook,
    private readonly metrics: DispatcherMetrics,
  ) {}

  async execute(question: Question): Promise<Asked> {
    const { subscription, hook } = question;
    const { tenantId, endpointId } = subscription;
    const start = performance.now();
    if (!subscription.enabled) return { answer: unanswered('the endpoint is switched off'), attempts: [] };
    const endpoint = await this.directory.get(tenantId, endpointId, subscription.version);
    if (!endpoint) return { answer: unanswered('the endpoint was deleted'), attempts: [] };
    const probe = await this.mayAsk(endpoint);
    if (probe === undefined)
      return { answer: unanswered('the endpoint’s breaker is open after failures in a row'), attempts: [] };
    const bound = Math.min(timeoutOf(hook, subscription), question.budgetMs);
    const left = () => Math.floor(bound - (performance.now() - start));
    const first = await this.once(question, endpoint, 1, left(), probe);
    const unconnected = first.attempts[0]?.result.transport === 'not_connected';
    if (!unconnected || left() < RETRY_LEAST_MS) return first;
    const second = await this.once(question, endpoint, 2, left(), false);
    return { answer: second.answer, attempts: [...first.attempts, ...second.attempts] };
  }

  /** @returns whether it is a half-open breaker's probe; undefined = it must not be asked */
  private async mayAsk({ tenantId, id }: Endpoint): Promise<boolean | undefined> {
    const phase = this.gates.phase(id, Date.now());
    if (phase === 'closed') return false;
    if (phase === 'open') return undefined;
    const granted = await this.uow.system('probe endpoint', tx => this.breakers.takeProbe(tx, tenantId, id));
    if (!granted) return undefined;
    this.gates.halfOpen(tenantId, id);
    return this.gates.begin(id, Date.now());
  }

  private async once(
    question: Question,
    endpoint: Endpoint,
    number: number,
    timeoutMs: number,
    probe: boolean,
  ): Promise<Asked> {
    const { hook, delivery } = question;
    if (timeoutMs <= 0) return { answer: unanswered('the time for the answer was over'), attempts: [] };
    try {
      const { request, result } = await this.callHook.execute({
        endpoint,
        hook,
        deliveryId: delivery.id,
        attempt: number,
        body: question.body,
        traceparent: question.traceparent,
        timeoutMs,
        awaited: true,
        dryRun: question.dryRun,
      });
      const answer = judgeUserAnswer(result, question.sentUser, hook.modes.includes('decide'));
      const succeeded = answer.verdict !== 'unanswered';
      this.gates.finished(endpoint.id, result, succeeded, probe);
      this.metrics.attempt(hook.hook, 'awaited', result, succeeded);
      return { answer, attempts: [attemptRecord(delivery, number, request, result, succeeded)] };
    } catch (error) {
      if (!(error instanceof NoEndpointToken)) throw error;
      return { answer: unanswered(error.message), attempts: [] };
    }
  }
}
