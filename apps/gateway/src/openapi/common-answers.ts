import type { ApiOperation, ApiResponse } from './api-document.js';

const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
const rateLimitHeaders = {
  RateLimit: { $ref: '#/components/headers/RateLimit' },
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimit-Policy' },
};
const retryAfter = { 'Retry-After': { $ref: '#/components/headers/Retry-After' } };

/** What the gateway itself answers on every path; the services need not repeat it. */
export const COMMON_COMPONENTS: Record<string, Record<string, unknown>> = {
  schemas: {
    Problem: {
      type: 'object',
      title: 'Problem',
      description: 'RFC 9457 problem document: every error has this form.',
      required: ['type', 'title', 'status', 'code', 'detail', 'traceId'],
      properties: {
        type: { type: 'string', format: 'uri' },
        title: { type: 'string' },
        status: { type: 'integer', minimum: 400, maximum: 599 },
        code: { type: 'string', pattern: '^[a-z][a-z0-9_]*$', description: 'Stable; the thing to write code against.' },
        detail: { type: 'string', description: 'For people: what is wrong and what to do about it.' },
        errors: {
          type: 'array',
          description: 'Every refused field.',
          items: {
            type: 'object',
            required: ['pointer', 'code', 'message'],
            properties: {
              pointer: {
                type: 'string',
                description: 'JSON pointer into the body, `?name` of a query parameter, or the name of a header.',
              },
              code: { type: 'string' },
              message: { type: 'string' },
            },
          },
        },
        traceId: {
          type: 'string',
          description: 'Names the request in logs and traces; quote it when you ask for help.',
        },
      },
      additionalProperties: true,
    },
  },
  headers: {
    RateLimit: {
      description: 'What is left of each limit (draft-ietf-httpapi-ratelimit-headers): `"principal";r=98;t=2`.',
      schema: { type: 'string' },
    },
    'RateLimit-Policy': {
      description: 'The limits that apply: `"principal";q=100;w=60` is 100 requests in 60 seconds.',
      schema: { type: 'string' },
    },
    'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } },
  },
  responses: {
    Problem: { description: 'Any other error: `code` is stable, `errors` names each refused field.', content: problem },
    Unauthenticated: {
      description:
        'No access token, or one that is not valid: `unauthenticated`, `invalid_token`, `token_revoked`, or `token_stale` (refresh it).',
      headers: { 'WWW-Authenticate': { schema: { type: 'string' } } },
      content: problem,
    },
    RateLimited: {
      description: 'Too many requests.',
      headers: { ...retryAfter, ...rateLimitHeaders },
      content: problem,
    },
    Unavailable: {
      description: 'Not at the moment; the same request may be sent again.',
      headers: retryAfter,
      content: problem,
    },
  },
};

const response = (name: string): ApiResponse => ({ $ref: `#/components/responses/${name}` });

/** The operation with the gateway's answers beside its own, which win. */
export function withCommonAnswers(operation: ApiOperation, open: boolean): ApiOperation {
  return {
    ...operation,
    responses: {
      ...(open ? {} : { 401: response('Unauthenticated') }),
      429: response('RateLimited'),
      503: response('Unavailable'),
      default: response('Problem'),
      ...operation.responses,
    },
  };
}
