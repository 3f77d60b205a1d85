import { Readable } from 'node:stream';
import { DomainError } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { from, lastValueFrom, type Observable } from 'rxjs';
import type { AuthenticatedRequest } from '../auth/auth.decorators.js';
import { EnvelopeEncryption } from '../crypto/envelope-encryption.js';
import { malformed, unstorableTexts } from '../http/validation.js';
import { IdempotencyKeys, type KeyScope } from './idempotency-keys.js';

/** Calls whose answers must never be kept: they carry tokens, or are single use by themselves (api.md). */
const IGNORED = /^\/v1\/(login|token|logout|stepup|password|push)/;
const KEPT_HEADERS = ['location', 'etag'];

interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

interface HttpRequest extends AuthenticatedRequest {
  method: string;
  url: string;
  body: unknown;
}

interface HttpReply {
  statusCode: number;
  status(code: number): HttpReply;
  header(name: string, value: string): HttpReply;
  getHeader(name: string): unknown;
}

/**
 * `Idempotency-Key` on POST (draft-ietf-httpapi-idempotency-key-header-07): a successful answer is kept, encrypted, for 24 h
 * per tenant, principal, method and path, and given again for the same body. While the first request runs the key is leased
 * (60 s), so that a retry after a crash takes over. A refused request has no effect and frees its key. A body that is still
 * a stream here is known only when it is over: its route keeps the key itself.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly keys: IdempotencyKeys;

  constructor(
    uow: UnitOfWork,
    private readonly encryption: EnvelopeEncryption,
  ) {
    this.keys = new IdempotencyKeys(uow);
  }

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (execution.getType() !== 'http') return next.handle();
    const request = execution.switchToHttp().getRequest<HttpRequest>();
    const header = request.headers['idempotency-key'];
    const path = request.url.split('?')[0]!;
    const { principal } = request;
    if (request.method !== 'POST' || header === undefined || !principal || IGNORED.test(path)) return next.handle();
    const key = Array.isArray(header) ? header.join(',') : header;
    if (key.length < 1 || key.length > 255) {
      const message = 'An idempotency key has 1 to 255 characters';
      throw malformed([{ pointer: 'Idempotency-Key', code: 'invalid_key', message }]);
    }
    if (request.body instanceof Readable) return next.handle();
    const scope = { tenantId: principal.tenantId, principal: `${principal.kind}:${principal.id}`, path, key };
    return from(this.once(scope, request, execution.switchToHttp().getResponse<HttpReply>(), next));
  }

  private async once(scope: KeyScope, request: HttpRequest, reply: HttpReply, next: CallHandler): Promise<unknown> {
    // The pipe comes later, and what nests too deep cannot be written down.
    const unreadable = unstorableTexts(request.body);
    if (unreadable.length > 0) throw malformed(unreadable);
    const text = `${request.url}\n${JSON.stringify(request.body ?? null)}`;
    const claim = await this.keys.claim(scope, this.encryption.digests(sealOf(scope), text));
    switch (claim.state) {
      case 'reused':
        throw new DomainError(
          'idempotency_key_reused',
          'invalid',
          'This Idempotency-Key was used with another body; take a new one',
        );
      case 'running':
        throw new DomainError(
          'request_in_progress',
          'conflict',
          'The first request with this Idempotency-Key is still running; try again in a moment',
          { retryAfter: 2 },
        );
      case 'answered':
        return this.replay(scope, claim.answer, reply);
      case 'leased':
        return this.run(scope, claim.lease, reply, next);
    }
  }

  private async run(scope: KeyScope, lease: string, reply: HttpReply, next: CallHandler): Promise<unknown> {
    let body: unknown;
    try {
      body = await lastValueFrom(next.handle(), { defaultValue: undefined });
    } catch (error) {
      // A key that cannot be freed now is free when its lease is over; the client must learn of the refusal itself.
      await this.keys.free(scope, lease).catch(() => undefined);
      throw error;
    }
    const headers: Record<string, string> = {};
    for (const name of KEPT_HEADERS) {
      const value = reply.getHeader(name);
      if (typeof value === 'string') headers[name] = value;
    }
    const answer: KeptAnswer = { status: reply.statusCode, headers, body };
    await this.keys.keep(scope, lease, this.encryption.seal(sealOf(scope), JSON.stringify(answer)));
    return body;
  }

  private replay(scope: KeyScope, sealed: Buffer, reply: HttpReply): unknown {
    const answer = JSON.parse(this.encryption.openText(sealOf(scope), sealed)) as KeptAnswer;
    reply.status(answer.status).header('idempotency-replayed', 'true');
    for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value);
    return answer.body;
  }
}

function sealOf({ tenantId, principal, path, key }: KeyScope) {
  return { tenantId, purpose: 'idempotent-answer', id: `${principal} POST ${path} ${key}` };
}
