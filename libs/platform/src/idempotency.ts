import { createHash } from 'node:crypto';
import { DomainError } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { from, lastValueFrom, type Observable } from 'rxjs';
import type { AuthenticatedRequest } from './auth/auth.decorators.js';
import { EnvelopeEncryption } from './crypto/envelope-encryption.js';
import { malformed } from './http/validation.js';

const LEASE_SECONDS = 60;
const KEEP_HOURS = 24;
/** Calls whose answers must never be kept: they carry tokens, or are single use by themselves (api.md). */
const IGNORED = /^\/v1\/(login|token|logout|stepup|password|push)/;

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
 * (60 s), so that a retry after a crash takes over. A refused request has no effect and frees its key.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly encryption: EnvelopeEncryption,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (execution.getType() !== 'http') return next.handle();
    const request = execution.switchToHttp().getRequest<HttpRequest>();
    const header = request.headers['idempotency-key'];
    const path = request.url.split('?')[0]!;
    if (request.method !== 'POST' || header === undefined || !request.principal || IGNORED.test(path))
      return next.handle();
    const key = Array.isArray(header) ? header.join(',') : header;
    if (key.length < 1 || key.length > 255) {
      throw malformed([
        { pointer: 'Idempotency-Key', code: 'invalid_key', message: 'An idempotency key has 1 to 255 characters' },
      ]);
    }
    return from(this.once(request, path, key, next, execution.switchToHttp().getResponse<HttpReply>()));
  }

  private async once(
    request: HttpRequest,
    path: string,
    key: string,
    next: CallHandler,
    reply: HttpReply,
  ): Promise<unknown> {
    const { tenantId, kind, id } = request.principal!;
    const where = [tenantId, `${kind}:${id}`, 'POST', path, key];
    const seal = { tenantId, purpose: 'idempotent-answer', id: where.slice(1).join(' ') };
    const fingerprint = createHash('sha256')
      .update(`${request.url}\n${JSON.stringify(request.body ?? null)}`)
      .digest();
    const kept = await this.uow.run(tenantId, async tx => {
      await tx.query(
        `delete from idempotency_key where tenant_id = $1 and principal = $2 and method = $3 and path = $4 and key = $5
           and created_at < now() - make_interval(hours => ${KEEP_HOURS})`,
        where,
      );
      const [taken] = await tx.query(
        `insert into idempotency_key as k (tenant_id, principal, method, path, key, fingerprint, locked_until)
         values ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => ${LEASE_SECONDS}))
         on conflict (tenant_id, principal, method, path, key) do update set locked_until = excluded.locked_until
           where k.answer is null and k.locked_until < now() and k.fingerprint = excluded.fingerprint
         returning 1`,
        [...where, fingerprint],
      );
      if (taken) return undefined;
      const [row] = await tx.query<{ fingerprint: Buffer; answer: Buffer | null }>(
        `select fingerprint, answer from idempotency_key
          where tenant_id = $1 and principal = $2 and method = $3 and path = $4 and key = $5`,
        where,
      );
      return row;
    });
    if (kept) return this.replay(kept, fingerprint, reply, answer => this.encryption.open(seal, answer));

    let body: unknown;
    try {
      body = await lastValueFrom(next.handle(), { defaultValue: undefined });
    } catch (error) {
      await this.forget(tenantId, where).catch(() => undefined);
      throw error;
    }
    const headers: Record<string, string> = {};
    for (const name of ['location', 'etag']) {
      const value = reply.getHeader(name);
      if (typeof value === 'string') headers[name] = value;
    }
    const answer = this.encryption.seal(
      seal,
      JSON.stringify({ status: reply.statusCode, headers, body } satisfies KeptAnswer),
    );
    await this.uow.run(tenantId, tx =>
      tx.query(
        `update idempotency_key set answer = $6, locked_until = null
          where tenant_id = $1 and principal = $2 and method = $3 and path = $4 and key = $5`,
        [...where, answer],
      ),
    );
    return body;
  }

  private replay(
    kept: { fingerprint: Buffer; answer: Buffer | null },
    fingerprint: Buffer,
    reply: HttpReply,
    open: (sealed: Buffer) => Buffer,
  ): unknown {
    if (!kept.fingerprint.equals(fingerprint)) {
      throw new DomainError(
        'idempotency_key_reused',
        'invalid',
        'This Idempotency-Key was used with another body; take a new one',
      );
    }
    if (!kept.answer) {
      throw new DomainError(
        'request_in_progress',
        'conflict',
        'The first request with this Idempotency-Key is still running',
        { retryAfter: 2 },
      );
    }
    const answer = JSON.parse(open(kept.answer).toString('utf8')) as KeptAnswer;
    reply.status(answer.status).header('idempotency-replayed', 'true');
    for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value);
    return answer.body;
  }

  private async forget(tenantId: Parameters<UnitOfWork['run']>[0], where: unknown[]): Promise<void> {
    await this.uow.run(tenantId, tx =>
      tx.query(
        `delete from idempotency_key
          where tenant_id = $1 and principal = $2 and method = $3 and path = $4 and key = $5 and answer is null`,
        where,
      ),
    );
  }
}
