import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

export const IMPORT_PATH = '/v1/users/import';
export const MEDIA_TYPES = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;

/** Lets files through to the import as the streams that they are, of any size; no other route takes one. */
export function acceptFiles(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  fastify.addContentTypeParser(Object.values(MEDIA_TYPES), (request, body, done) => {
    if (request.routeOptions.url === IMPORT_PATH) done(null, body);
    else done(new UnsupportedMediaTypeException('Send the body as application/json'));
  });
}
