import type { HookDefinition } from '@countersign/contracts';
import { childTraceparent, DomainError, type Clock } from '@countersign/kernel';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { Endpoint } from '../endpoints/endpoint.js';
import { EndpointTokens } from '../tokens/endpoint-tokens.js';
import { HttpSender, type HttpResult } from '../transport/http-sender.js';
import { buildHookRequest, type HookRequest } from './hook-request.js';

export interface HookCall {
  endpoint: Endpoint;
  hook: HookDefinition;
  deliveryId: string;
  /** From 1. */
  attempt: number;
  body: string;
  traceparent?: string;
  /** Of the whole attempt, in milliseconds. */
  timeoutMs: number;
  awaited: boolean;
  dryRun?: boolean;
}

/** auth-mfa gives no token for the endpoint at the moment: nothing may be sent. */
export class NoEndpointToken extends Error {
  override readonly name = 'NoEndpointToken';
}

/** Makes one attempt: token, signature, request. Does not judge the answer and keeps nothing. */
@Injectable()
export class CallHook {
  constructor(
    private readonly tokens: EndpointTokens,
    private readonly sender: HttpSender,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws NoEndpointToken when there is no access token, within the time-out as well */
  async execute(call: HookCall): Promise<{ request: HookRequest; result: HttpResult }> {
    const { endpoint, hook } = call;
    const start = performance.now();
    const accessToken = this.tokens.present(endpoint) ?? (await this.token(endpoint, call.timeoutMs));
    const deadlineMs = Math.max(1, Math.floor(call.timeoutMs - (performance.now() - start)));
    const request = buildHookRequest({
      endpoint,
      hook: hook.hook,
      path: endpoint.hooks.find(choice => choice.hook === hook.hook)?.path ?? hook.path,
      deliveryId: call.deliveryId,
      attempt: call.attempt,
      body: call.body,
      accessToken,
      traceparent: childTraceparent(call.traceparent),
      now: this.clock.now(),
      ...(call.awaited ? { deadlineMs } : {}),
      dryRun: call.dryRun,
    });
    const result = await this.sender.post({
      poolKey: `${endpoint.id} ${endpoint.version}`,
      url: request.url,
      headers: request.headers,
      body: request.body,
      deadlineMs,
      caBundle: endpoint.caBundle,
    });
    return { request, result };
  }

  private async token(endpoint: Endpoint, timeoutMs: number): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new DomainError('no_token', 'unavailable', 'No access token in time')),
        timeoutMs,
      );
    });
    try {
      return await Promise.race([this.tokens.get(endpoint), late]);
    } catch (cause) {
      throw new NoEndpointToken('no access token for the endpoint could be had from auth-mfa', { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}
