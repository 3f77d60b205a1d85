import { currentContext, DomainError, traceIdOf, type ErrorKind, type FieldError } from '@countersign/kernel';
import { isDatabaseUnavailable } from '@countersign/persistence';
import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';

export const STATUS_OF_KIND: Record<ErrorKind, number> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  stale: 412,
  too_large: 413,
  unsupported_media: 415,
  invalid: 422,
  locked: 423,
  rate_limited: 429,
  unavailable: 503,
};

const CODE_OF_STATUS: Record<number, string> = {
  400: 'malformed_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  408: 'request_timeout',
  411: 'length_required',
  413: 'body_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  422: 'validation_failed',
  429: 'rate_limited',
  503: 'unavailable',
};

/** RFC 9457 problem document, as api.md has it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  errors?: FieldError[];
  traceId: string;
  [extra: string]: unknown;
}

export interface ProblemAnswer {
  problem: Problem;
  headers: Record<string, string>;
}

/** Turns whatever was thrown into the problem document that the client gets; says nothing of what is inside a defect. */
export function toProblem(error: unknown): ProblemAnswer {
  if (error instanceof DomainError) {
    const { retryAfter } = error;
    const answer = problem(STATUS_OF_KIND[error.kind], error.code, error.message, error.errors, error.extra);
    if (retryAfter !== undefined) answer.headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfter)));
    else if (error.kind === 'unavailable' || error.kind === 'rate_limited') answer.headers['retry-after'] = '2';
    if (error.kind === 'unauthenticated') answer.headers['www-authenticate'] = wwwAuthenticate(error.code);
    return answer;
  }
  if (isDatabaseUnavailable(error)) {
    const answer = problem(503, 'unavailable', 'The database cannot be reached; try again in a moment');
    answer.headers['retry-after'] = '2';
    return answer;
  }
  const status = statusOf(error);
  if (status !== undefined && status < 500) {
    const detail = error instanceof Error ? error.message : STATUS_CODES[status]!;
    return problem(status, CODE_OF_STATUS[status] ?? 'request_refused', detail);
  }
  return problem(500, 'internal_error', 'Something went wrong here; it was logged under this trace id');
}

function wwwAuthenticate(code: string): string {
  return code === 'insufficient_user_authentication'
    ? `Bearer error="${code}"`
    : code === 'unauthenticated'
      ? 'Bearer'
      : 'Bearer error="invalid_token"';
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  // Fastify's own errors (body too large, malformed JSON, unknown media type) carry their status.
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 ? status : undefined;
}

function problem(
  status: number,
  code: string,
  detail: string,
  errors?: FieldError[],
  extra?: Record<string, unknown>,
): ProblemAnswer {
  return {
    problem: {
      type: `https://countersign.dev/problems/${code}`,
      title: STATUS_CODES[status] ?? 'Error',
      status,
      code,
      detail,
      ...(errors && errors.length > 0 ? { errors } : {}),
      traceId: traceIdOf(currentContext()?.traceparent) ?? '',
      ...extra,
    },
    headers: { 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store' },
  };
}

interface Reply {
  sent: boolean;
  status(code: number): Reply;
  headers(headers: Record<string, string>): Reply;
  send(body: unknown): unknown;
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('problem');

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const answer = toProblem(error);
    if (answer.problem.status >= 500 && answer.problem.code === 'internal_error') this.logger.error(error);
    const reply = host.switchToHttp().getResponse<Reply>();
    if (reply.sent) return;
    reply.status(answer.problem.status).headers(answer.headers).send(JSON.stringify(answer.problem));
  }
}
