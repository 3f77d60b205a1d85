import { childTraceparent, runInContext } from '@countersign/kernel';
import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

const MAX_JSON_BYTES = 1024 * 1024;

/**
 * Fastify under Nest, set up alike in every service: JSON and merge-patch bodies only, 1 MiB at most, and a request context
 * (trace, client) around everything that a request causes.
 */
export function createHttpAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: MAX_JSON_BYTES,
    routerOptions: { maxParamLength: 512, caseSensitive: true, ignoreTrailingSlash: false },
    trustProxy: false,
    forceCloseConnections: 'idle',
    // Behind the gateway: its keep-alive must be the shorter one.
    keepAliveTimeout: 72_000,
    requestTimeout: 0,
  });
}

/** Registers what createHttpAdapter promises; to be called before the application listens. */
export function prepareHttp(app: INestApplication): void {
  const fastify = app.getHttpAdapter().getInstance() as FastifyInstance;
  fastify.removeAllContentTypeParsers();
  const json = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'string' },
    (request, body, done) => {
      // A POST that needs no body may still carry the header; an empty body is then no body.
      if (body === '') done(null, undefined);
      else void json(request, body as string, done);
    },
  );
  fastify.addHook('onRequest', (request, reply, done) => {
    const traceparent = childTraceparent(header(request.headers['traceparent']));
    reply.header('cache-control', 'no-store');
    runInContext(
      { traceparent, clientIp: request.ip, userAgent: header(request.headers['user-agent'])?.slice(0, 512) },
      done,
    );
  });
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
