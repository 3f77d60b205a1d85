import { DomainError, invalidField, runInContext } from '@countersign/kernel';
import { NotFoundException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { toProblem } from './problem.filter.js';

describe('toProblem', () => {
  it('gives status, code, detail, fields and trace id of a domain error', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { problem, headers } = runInContext({ traceparent }, () =>
      toProblem(invalidField('/login', 'taken', 'Take another')),
    );
    expect(problem).toEqual({
      type: 'https://countersign.dev/problems/validation_failed',
      title: 'Unprocessable Entity',
      status: 422,
      code: 'validation_failed',
      detail: 'Take another',
      errors: [{ pointer: '/login', code: 'taken', message: 'Take another' }],
      traceId: '0af7651916cd43dd8448eb211c80319c',
    });
    expect(headers['content-type']).toContain('application/problem+json');
  });

  it('adds Retry-After to what may be retried and WWW-Authenticate to 401', () => {
    expect(
      toProblem(new DomainError('slow_down', 'rate_limited', 'x', { retryAfter: 2.1 })).headers['retry-after'],
    ).toBe('3');
    expect(toProblem(new DomainError('starting', 'unavailable', 'x')).headers['retry-after']).toBe('2');
    expect(toProblem(new DomainError('unauthenticated', 'unauthenticated', 'x')).headers['www-authenticate']).toBe(
      'Bearer',
    );
    expect(toProblem(new DomainError('token_stale', 'unauthenticated', 'x')).headers['www-authenticate']).toContain(
      'invalid_token',
    );
  });

  it('makes a lost database a 503, not a defect', () => {
    expect(toProblem(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })).problem).toMatchObject({
      status: 503,
      code: 'unavailable',
    });
    expect(toProblem({ driverError: { code: '57P01' } }).problem.status).toBe(503);
  });

  it('keeps the status of Nest’s and Fastify’s own client errors', () => {
    expect(toProblem(new NotFoundException('Cannot GET /x')).problem).toMatchObject({ status: 404, code: 'not_found' });
    expect(toProblem(Object.assign(new Error('Body is too large'), { statusCode: 413 })).problem.code).toBe(
      'body_too_large',
    );
  });

  it('says nothing of what is inside a defect', () => {
    const { problem } = toProblem(new TypeError('secret is undefined'));
    expect(problem.status).toBe(500);
    expect(JSON.stringify(problem)).not.toContain('secret');
  });
});
