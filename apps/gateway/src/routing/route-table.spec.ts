import { describe, expect, it } from 'vitest';
import type { ApiDocument, ApiOperation } from '../openapi/api-document.js';
import { RouteTable } from './route-table.js';

const operation = (more: Partial<ApiOperation> = {}): ApiOperation => ({ responses: {}, ...more });
const body = (...types: string[]) => ({ requestBody: { content: Object.fromEntries(types.map(type => [type, {}])) } });

const document: ApiDocument = {
  openapi: '3.1.0',
  info: { title: '', version: '' },
  paths: {
    '/': { 'x-countersign-service': 'gateway', get: operation({ security: [] }) },
    '/v1/login': {
      'x-countersign-service': 'auth-mfa',
      post: operation({ security: [], ...body('application/json') }),
    },
    '/v1/users': {
      'x-countersign-service': 'user-lifecycle',
      get: operation(),
      post: operation(body('application/json')),
    },
    '/v1/users/import': {
      'x-countersign-service': 'user-lifecycle',
      post: operation(body('text/csv', 'application/x-ndjson')),
    },
    '/v1/users/{id}': { 'x-countersign-service': 'user-lifecycle', get: operation(), delete: operation() },
    '/v1/users/{id}/password-reset': { 'x-countersign-service': 'auth-mfa', post: operation() },
    '/v1/push/devices': { 'x-countersign-service': 'auth-mfa', post: operation(body('application/jose')) },
  },
};
const table = RouteTable.fromDocument(document);
const find = (method: string, path: string) => table.find(method, path.slice(1).split('/'));

describe('RouteTable', () => {
  it('finds the owner of a path', () => {
    expect(find('GET', '/v1/users/usr_1')).toMatchObject({
      kind: 'found',
      route: { service: 'user-lifecycle', template: '/v1/users/{id}' },
    });
    expect(find('POST', '/v1/users/usr_1/password-reset')).toMatchObject({
      kind: 'found',
      route: { service: 'auth-mfa', public: false },
    });
    expect(find('POST', '/v1/login')).toMatchObject({ kind: 'found', route: { public: true } });
    expect(find('GET', '/')).toMatchObject({ kind: 'found', route: { service: 'gateway' } });
    expect(find('HEAD', '/v1/users')).toMatchObject({ kind: 'found', route: { method: 'GET' } });
  });

  it('takes a literal segment before a parameter, and comes back from a dead end', () => {
    expect(find('POST', '/v1/users/import')).toMatchObject({ route: { template: '/v1/users/import' } });
    expect(find('POST', '/v1/users/import/password-reset')).toMatchObject({
      route: { template: '/v1/users/{id}/password-reset' },
    });
  });

  it('tells the methods of a path', () => {
    expect(find('PUT', '/v1/users')).toEqual({
      kind: 'method',
      template: '/v1/users',
      allow: ['GET', 'HEAD', 'OPTIONS', 'POST'],
    });
    expect(find('get', '/v1/users')).toMatchObject({ kind: 'method' });
  });

  it.each([
    '/v1',
    '/v1/users/',
    '/v1/users/a/b',
    '/v1/users//password-reset',
    '/v1/constructor',
    '/v1/__proto__',
    '/internal/x',
    '/v1/{id}',
  ])('knows nothing of %s', path => expect(find('GET', path)).toEqual({ kind: 'none' }));

  it('knows which bodies an operation takes', () => {
    const json = ['application/json', 'application/merge-patch+json'];
    expect(find('POST', '/v1/users')).toMatchObject({ route: { mediaTypes: json, bulkTypes: [] } });
    expect(find('POST', '/v1/users/usr_1/password-reset')).toMatchObject({ route: { mediaTypes: json } });
    expect(find('POST', '/v1/push/devices')).toMatchObject({
      route: { mediaTypes: ['application/jose'], bulkTypes: [] },
    });
    const files = ['text/csv', 'application/x-ndjson'];
    expect(find('POST', '/v1/users/import')).toMatchObject({ route: { mediaTypes: files, bulkTypes: files } });
  });

  it('refuses a path whose owner it does not know', () => {
    const paths = { '/v1/x': { 'x-countersign-service': 'elsewhere', get: operation() } };
    expect(() => RouteTable.fromDocument({ ...document, paths })).toThrow('/v1/x belongs to elsewhere');
    expect(() => RouteTable.fromDocument({ ...document, paths: { '/v1/x': { get: operation() } } })).toThrow(
      'no service',
    );
  });
});
