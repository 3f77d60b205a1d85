import { TestHook } from '@countersign/contracts';
import { childTraceparent, currentContext, newId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { BreakerRepository } from '../dispatch/breaker.repository.js';
import { isObject } from '../answers/user-answer.js';
import { CallHook, NoEndpointToken } from '../hooks/call-hook.js';
import { buildHookRequest } from '../hooks/hook-request.js';
import type { HttpResult } from '../transport/http-sender.js';
import { EndpointChanged } from './endpoint-changed.js';
import type { TestResult } from './endpoint.schema.js';
import { NOTIFY_TIMEOUT_MS, type Endpoint } from './endpoint.js';

const BODY = '{}';

/** Save & test: posts `{}` to /test as any hook is posted, whatever the breaker says, and shows what happened. */
@Injectable()
export class TestEndpoint {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly callHook: CallHook,
    private readonly breakers: BreakerRepository,
    private readonly changed: EndpointChanged,
  ) {}

  async execute(endpoint: Endpoint): Promise<TestResult> {
    const deliveryId = newId('dlv');
    const traceparent = currentContext()?.traceparent ?? childTraceparent();
    const common = { endpoint, deliveryId, attempt: 1, body: BODY, traceparent };
    try {
      const { request, result } = await this.callHook.execute({
        ...common,
        hook: TestHook,
        timeoutMs: NOTIFY_TIMEOUT_MS,
        awaited: false,
      });
      const error = failureOf(result);
      // It works: whatever was waiting for the breaker may go.
      if (!error && endpoint.enabled) await this.closeBreaker(endpoint);
      return {
        ok: error === undefined,
        request: { method: 'POST', url: request.url.href, headers: request.shownHeaders, body: request.body },
        response:
          result.status === undefined
            ? null
            : { status: result.status, headers: result.headers ?? {}, body: result.body?.toString('utf8') ?? '' },
        latencyMs: result.durationMs,
        ...(error ? { error } : {}),
      };
    } catch (error) {
      if (!(error instanceof NoEndpointToken)) throw error;
      const request = buildHookRequest({
        ...common,
        hook: TestHook.hook,
        path: TestHook.path,
        accessToken: '',
        now: new Date(),
      });
      return {
        ok: false,
        request: { method: 'POST', url: request.url.href, headers: request.shownHeaders, body: request.body },
        response: null,
        latencyMs: 0,
        error: `Nothing was sent: ${error.message}`,
      };
    }
  }

  private async closeBreaker({ tenantId, id }: Endpoint): Promise<void> {
    await this.uow.run(tenantId, tx => this.breakers.close(tx, id));
    await this.changed.execute({ tenantId, id }, false);
  }
}

/** A 2xx with a JSON object works (webhooks.json, `test`); anything else says what is wrong with it. */
function failureOf(result: HttpResult): string | undefined {
  if (result.transport !== 'answered') return result.error ?? 'no answer came';
  if (result.status! < 200 || result.status! > 299) return `The receiver answered ${result.status}; a 2xx is expected`;
  if (result.truncated) return 'The answer is longer than 64 KiB';
  try {
    if (isObject(JSON.parse(result.body!.toString('utf8')))) return undefined;
  } catch {
    // said below
  }
  return 'The answer is no JSON object; {"response": {}} is enough';
}
