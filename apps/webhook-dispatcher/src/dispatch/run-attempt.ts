import { HOOK_CATALOG, type HookDefinition } from '@countersign/contracts';
import type { Clock } from '@countersign/kernel';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { judgeUserAnswer } from '../answers/judge-answer.js';
import { attemptRecord } from '../deliveries/attempt-record.js';
import { nextAttemptAt, retryAfterSeconds } from '../deliveries/retry-schedule.js';
import { EndpointDirectory } from '../endpoints/endpoint-directory.js';
import type { Endpoint } from '../endpoints/endpoint.js';
import { timeoutOf } from '../endpoints/endpoint.js';
import { SwitchOffEndpoint } from '../endpoints/switch-off-endpoint.js';
import { CallHook, NoEndpointToken } from '../hooks/call-hook.js';
import type { HttpResult } from '../transport/http-sender.js';
import type { AnswerRecord, Completion } from './completion.js';
import { EndpointGates } from './endpoint-gates.js';
import type { Job } from './job.js';

/** How long a delivery waits when there is no token for its endpoint, in milliseconds. */
const TOKEN_WAIT_MS = 5_000;

/** Makes one attempt of a durable delivery and says how the delivery goes on. */
@Injectable()
export class RunAttempt {
  constructor(
    private readonly directory: EndpointDirectory,
    private readonly gates: EndpointGates,
    private readonly callHook: CallHook,
    private readonly switchOff: SwitchOffEndpoint,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @param probe whether it is the one attempt that a half-open breaker lets through */
  async execute(job: Job, probe: boolean): Promise<Completion> {
    const hook = HOOK_CATALOG.get(job.hook);
    const endpoint = await this.directory.get(job.tenantId, job.endpointId);
    if (!endpoint) return this.discard(job, 'the endpoint was deleted');
    if (!endpoint.enabled) return { kind: 'release', job };
    // Opened elsewhere: this replica learned of it when it loaded the endpoint.
    if (!probe && this.gates.phase(endpoint.id, Date.now()) === 'open') return { kind: 'release', job };
    const choice = endpoint.hooks.find(({ hook: name }) => name === job.hook);
    if (!hook || !choice) return this.discard(job, `the endpoint does not take ${job.hook} any more`);
    const awaited = job.mode !== 'notify' && job.mode !== 'announce';
    try {
      const { request, result } = await this.callHook.execute({
        endpoint,
        hook,
        deliveryId: job.id,
        attempt: job.attempts + 1,
        body: job.body,
        traceparent: job.traceparent,
        timeoutMs: timeoutOf(hook, choice),
        awaited,
      });
      const answer = awaited ? this.judge(job, hook, result) : undefined;
      const succeeded = answer
        ? answer.verdict !== 'unanswered'
        : result.transport === 'answered' && isSuccess(result.status);
      this.gates.finished(endpoint.id, result, succeeded, probe);
      const attempt = attemptRecord(job, job.attempts + 1, request, result, succeeded);
      const finishedAt = new Date(result.startedAt.getTime() + result.durationMs);
      if (succeeded) return { kind: 'finished', job, state: 'succeeded', finishedAt, answer, attempt };
      const gone = result.status === 410 && !awaited;
      if (gone && (await this.switchOff.execute(job.tenantId, endpoint.id, endpoint.version))) {
        return {
          kind: 'finished',
          job,
          state: 'failed',
          finishedAt,
          attempt,
          cause: 'the receiver answered 410 Gone, which switched the endpoint off',
        };
      }
      const dueAt = this.next(job, endpoint, result, finishedAt);
      if (dueAt) {
        const waitMs = dueAt.getTime() - finishedAt.getTime();
        return { kind: 'retry', job, notBefore: performance.now() + waitMs, attempt };
      }
      return {
        kind: 'finished',
        job,
        state: 'failed',
        finishedAt,
        attempt,
        answer,
        cause: 'the retry schedule came to its end',
      };
    } catch (error) {
      if (!(error instanceof NoEndpointToken)) throw error;
      return { kind: 'release', job, notBefore: performance.now() + TOKEN_WAIT_MS };
    }
  }

  private judge(job: Job, hook: HookDefinition, result: HttpResult): AnswerRecord {
    const sent = (JSON.parse(job.body) as { request: { user: Record<string, unknown> } }).request.user;
    // Asked after the fact: nothing is applied, whatever it says.
    const { verdict, message, patch, ignored } = judgeUserAnswer(result, sent, hook.modes.includes('decide'));
    return { verdict, message, patch, ignored };
  }

  private next(job: Job, endpoint: Endpoint, result: HttpResult, endedAt: Date): Date | undefined {
    return nextAttemptAt({
      failures: job.attempts + 1 - job.attemptsBefore,
      since: job.since,
      endedAt,
      schedule: endpoint.retrySchedule,
      retryAfter: retryAfterSeconds(result.headers?.['retry-after'], endedAt),
      random: Math.random(),
    });
  }

  private discard(job: Job, cause: string): Completion {
    return { kind: 'finished', job, state: 'discarded', finishedAt: this.clock.now(), cause };
  }
}

export function isSuccess(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300;
}
