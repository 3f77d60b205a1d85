import { mergeDocuments, type ServiceDocument } from '../src/openapi/merge-documents.js';
import { SERVICES, type ServiceName } from '../src/routing/services.js';
import type { ApiDocument, ApiOperation, PathItem } from '../src/openapi/api-document.js';

type Operations = Record<string, Record<string, Partial<ApiOperation>>>;

const json: ApiOperation['requestBody'] = { content: { 'application/json': { schema: { type: 'object' } } } };
const file: ApiOperation['requestBody'] = { content: { 'text/csv': {}, 'application/x-ndjson': {} } };

/** Paths of the real API, as far as the tests of the door need them. */
const PATHS: Record<ServiceName, Operations> = {
  'auth-mfa': {
    '/.well-known/jwks.json': { get: {} },
    '/v1/login': { post: { requestBody: json } },
    '/v1/login/events': { get: {} },
    '/v1/logout': { post: {} },
    '/v1/users/{id}/password-reset': { post: {} },
  },
  'user-lifecycle': {
    '/v1/users': { get: {}, post: { requestBody: json } },
    '/v1/users/import': { post: { requestBody: file } },
    '/v1/users/{id}': { get: {}, patch: { requestBody: json }, delete: {} },
    '/v1/me': { get: {} },
  },
  'webhook-dispatcher': {
    '/v1/hooks': { get: {} },
    '/v1/deliveries/{id}': { get: {} },
  },
};

const OWN: Operations = {
  '/': { get: {} },
  '/docs': { get: {} },
  '/healthz': { get: {} },
  '/openapi.json': { get: {} },
  '/readyz': { get: {} },
};

/** A merged document of a few paths, so that these tests do not change with the services. */
export function fixtureDocument(): ApiDocument {
  const services = Object.entries(PATHS).map(([service, paths]): ServiceDocument => {
    const { prefix, title } = SERVICES[service as ServiceName];
    return { service, prefix, title, document: documentOf(title, paths) };
  });
  const own = { service: 'gateway', prefix: 'Gateway', title: 'Platform', document: documentOf('Gateway', OWN) };
  return mergeDocuments({ title: 'Countersign API', version: '0.0.0' }, [own, ...services]);
}

function documentOf(title: string, operations: Operations): ApiDocument {
  const paths: Record<string, PathItem> = {};
  for (const [path, methods] of Object.entries(operations)) {
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name: name!,
      in: 'path',
      required: true,
    }));
    paths[path] = Object.fromEntries(
      Object.entries(methods).map(([method, operation]) => [
        method,
        { operationId: `${method} ${path}`, responses: { 200: { description: 'OK' } }, parameters, ...operation },
      ]),
    );
  }
  return { openapi: '3.1.0', info: { title, version: '0' }, paths };
}
