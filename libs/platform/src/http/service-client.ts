import { childTraceparent, currentContext, DomainError, type TenantId } from '@countersign/kernel';
import { Agent, request, type Dispatcher } from 'undici';
import type { z } from 'zod';
import { ACTOR_HEADER, SERVICE_HEADER, TENANT_HEADER, type ServiceTokens } from '../auth/service-tokens.js';

export interface ServiceCall<Schema extends z.ZodType> {
  method: Dispatcher.HttpMethod;
  path: string;
  tenantId?: TenantId;
  body?: unknown;
  /** Of the whole call, in milliseconds. */
  deadlineMs: number;
  /** Schema of a 2xx answer; absent = the answer has no body. */
  answer?: Schema;
  /** Statuses that come back as undefined instead of an error, e.g. 404. */
  absentOn?: readonly number[];
}

/**
 * Asks another service (HTTP, undici, one deadline for the whole call). A problem document of the callee comes back as the
 * same DomainError; a callee that is down, slow or broken as 503 `service_unavailable`, which a consumer retries.
 */
export class ServiceClient {
  private readonly agent = new Agent({
    connections: 64,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    connectTimeout: 2_000,
  });

  constructor(
    private readonly callee: string,
    private readonly baseUrl: string,
    private readonly tokens: ServiceTokens,
  ) {}

  async call<Schema extends z.ZodType>(call: ServiceCall<Schema>): Promise<z.output<Schema> | undefined> {
    const context = currentContext();
    const headers: Record<string, string> = {
      [SERVICE_HEADER]: await this.tokens.tokenFor(this.callee),
      traceparent: childTraceparent(context?.traceparent),
      accept: 'application/json',
    };
    const tenant = call.tenantId ?? context?.tenantId;
    if (tenant) headers[TENANT_HEADER] = tenant;
    const actor = context?.actor;
    if (actor) headers[ACTOR_HEADER] = [actor.type, actor.id, actor.delegateeId].filter(Boolean).join(':');
    if (call.body !== undefined) headers['content-type'] = 'application/json';

    let status: number;
    let text: string;
    try {
      const answer = await request(new URL(call.path, this.baseUrl), {
        method: call.method,
        headers,
        body: call.body === undefined ? undefined : JSON.stringify(call.body),
        signal: AbortSignal.timeout(call.deadlineMs),
        dispatcher: this.agent,
      });
      status = answer.statusCode;
      text = await answer.body.text();
    } catch (cause) {
      throw this.unavailable('did not answer', cause);
    }
    if (call.absentOn?.includes(status)) return undefined;
    if (status >= 200 && status < 300) return this.parse(call.answer, text);
    throw this.problem(status, text);
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  private parse<Schema extends z.ZodType>(schema: Schema | undefined, text: string): z.output<Schema> | undefined {
    if (!schema) return undefined;
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      throw this.unavailable('gave an answer that cannot be read', cause);
    }
  }

  private problem(status: number, text: string): DomainError {
    const kinds = {
      400: 'malformed',
      403: 'forbidden',
      404: 'not_found',
      409: 'conflict',
      412: 'stale',
      422: 'invalid',
      423: 'locked',
      429: 'rate_limited',
    } as const;
    const kind = kinds[status as keyof typeof kinds];
    try {
      const problem = JSON.parse(text) as { code?: string; detail?: string; errors?: never; hook?: string };
      // 401 is between the services, never the client's affair; 5xx neither, but for a 503 that says why.
      if (problem.code && (kind || status === 503) && problem.code !== 'invalid_service_token') {
        return new DomainError(problem.code, kind ?? 'unavailable', problem.detail ?? problem.code, {
          errors: problem.errors,
        });
      }
    } catch {
      // not a problem document
    }
    return this.unavailable(`answered ${status}`);
  }

  private unavailable(what: string, cause?: unknown): DomainError {
    return new DomainError('service_unavailable', 'unavailable', `${this.callee} ${what}; try again`, {
      retryAfter: 2,
      cause,
    });
  }
}
