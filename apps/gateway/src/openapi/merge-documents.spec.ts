import { describe, expect, it } from 'vitest';
import type { ApiDocument, ApiOperation } from './api-document.js';
import { MergeError, mergeDocuments, type ServiceDocument } from './merge-documents.js';

const INFO = { title: 'API', version: '1' };
const answers = { 200: { description: 'OK' } };

function service(
  name: string,
  paths: Record<string, Record<string, Partial<ApiOperation>>>,
  more: Partial<ApiDocument> = {},
): ServiceDocument {
  const described = Object.entries(paths).map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods).map(([method, operation]) => [
        method,
        { operationId: `${name} ${method} ${path}`, responses: answers, ...operation },
      ]),
    ),
  ]);
  return {
    service: name,
    prefix: name === 'auth-mfa' ? 'AuthMfa' : 'UserLifecycle',
    title: name,
    document: { openapi: '3.1.0', info: INFO, paths: Object.fromEntries(described) as ApiDocument['paths'], ...more },
  };
}

const id = [{ name: 'id', in: 'path', required: true }];
const withUser = (type: string) => ({
  components: { schemas: { User: { type }, List: { type: 'array', items: { $ref: '#/components/schemas/User' } } } },
});
const answersList = {
  200: { description: 'OK', content: { 'application/json': { schema: { $ref: '#/components/schemas/List' } } } },
};

describe('mergeDocuments', () => {
  it('writes the owner beside every path and sorts the paths', () => {
    const merged = mergeDocuments(INFO, [
      service('user-lifecycle', { '/v1/users': { get: {} } }),
      service('auth-mfa', { '/v1/login': { post: {} }, '/v1/users/{id}/password-reset': { post: { parameters: id } } }),
    ]);
    expect(merged.openapi).toBe('3.1.0');
    expect(Object.entries(merged.paths).map(([path, item]) => [path, item['x-countersign-service']])).toEqual([
      ['/v1/login', 'auth-mfa'],
      ['/v1/users', 'user-lifecycle'],
      ['/v1/users/{id}/password-reset', 'auth-mfa'],
    ]);
  });

  it('names components per service, with every reference to them', () => {
    const merged = mergeDocuments(INFO, [
      service('auth-mfa', { '/v1/a': { get: { responses: answersList } } }, withUser('string')),
      service('user-lifecycle', { '/v1/b': { get: { responses: answersList } } }, withUser('object')),
    ]);
    expect(merged.components?.['schemas']).toMatchObject({
      AuthMfaUser: { type: 'string' },
      AuthMfaList: { items: { $ref: '#/components/schemas/AuthMfaUser' } },
      UserLifecycleUser: { type: 'object' },
      UserLifecycleList: { items: { $ref: '#/components/schemas/UserLifecycleUser' } },
    });
    expect(merged.paths['/v1/b']?.get?.responses['200']?.content?.['application/json']?.schema).toEqual({
      $ref: '#/components/schemas/UserLifecycleList',
    });
  });

  it('has one Problem and one security scheme for all', () => {
    const common = {
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
        schemas: { Problem: { type: 'object' } },
        responses: { Problem: { description: 'theirs' } },
      },
    };
    const refused = { ...answers, default: { $ref: '#/components/responses/Problem' } };
    const merged = mergeDocuments(INFO, [
      service('auth-mfa', { '/v1/a': { get: { responses: refused } } }, common),
      service('user-lifecycle', { '/v1/b': { get: { responses: refused } } }, common),
    ]);
    expect(Object.keys(merged.components?.['schemas'] ?? {})).toEqual(['Problem']);
    expect(Object.keys(merged.components?.['securitySchemes'] ?? {})).toEqual(['bearer']);
    expect(merged.paths['/v1/b']?.get?.responses['default']).toEqual({ $ref: '#/components/responses/Problem' });
  });

  it('tells what needs a token and what the gateway answers itself', () => {
    const merged = mergeDocuments(INFO, [
      service('auth-mfa', { '/v1/login': { post: {} } }),
      service('user-lifecycle', { '/v1/users': { get: { security: [{ bearer: [] }] } } }),
    ]);
    expect(merged.security).toEqual([{ bearer: [] }]);
    expect(merged.paths['/v1/login']?.post?.security).toEqual([]);
    expect(merged.paths['/v1/users']?.get).not.toHaveProperty('security');
    expect(Object.keys(merged.paths['/v1/login']?.post?.responses ?? {})).toEqual(['200', '429', '503', 'default']);
    expect(Object.keys(merged.paths['/v1/users']?.get?.responses ?? {})).toEqual([
      '200',
      '401',
      '429',
      '503',
      'default',
    ]);
  });

  it('puts the tags into the order that is asked for', () => {
    const paths = { '/v1/a': { get: { tags: ['Late'] } }, '/v1/b': { get: { tags: ['Early'] } }, '/v1/c': { get: {} } };
    const merged = mergeDocuments(INFO, [service('auth-mfa', paths)], ['Early']);
    expect(merged.tags?.map(({ name }) => name)).toEqual(['Early', 'Late', 'auth-mfa']);
  });

  it('leaves out what is between the services', () => {
    const merged = mergeDocuments(INFO, [
      service('auth-mfa', { '/internal/revocations': { get: {} }, '/v1/a': { get: {} } }),
    ]);
    expect(Object.keys(merged.paths)).toEqual(['/v1/a']);
  });

  it.each([
    [
      'one path of two services, whatever its parameters are called',
      [
        service('auth-mfa', { '/v1/users/{id}': { get: { parameters: id } } }),
        service('user-lifecycle', { '/v1/users/{user}': { delete: { parameters: [{ name: 'user', in: 'path' }] } } }),
      ],
      '/v1/users/{user} of user-lifecycle is a path of auth-mfa already',
    ],
    [
      'one operationId twice',
      [service('auth-mfa', { '/v1/a': { get: { operationId: 'x' } }, '/v1/b': { get: { operationId: 'x' } } })],
      'GET /v1/b has the operationId x of GET /v1/a',
    ],
    [
      'two security schemes of one name',
      [
        service('auth-mfa', {}, { components: { securitySchemes: { bearer: { type: 'http' } } } }),
        service('user-lifecycle', {}, { components: { securitySchemes: { bearer: { type: 'apiKey' } } } }),
      ],
      "components/securitySchemes/bearer of user-lifecycle differs from another service's",
    ],
    [
      'a reference that leads nowhere',
      [service('auth-mfa', { '/v1/a': { get: { responses: answersList } } })],
      '#/components/schemas/AuthMfaList leads nowhere',
    ],
    [
      'a parameter that is not declared',
      [service('auth-mfa', { '/v1/a/{id}': { get: {} } })],
      'GET /v1/a/{id} does not declare its parameter id',
    ],
    [
      'a path that is open here and closed there',
      [service('auth-mfa', { '/v1/login': { post: { security: [{ bearer: [] }] } } })],
      'POST /v1/login of auth-mfa needs a token, but the gateway has the path open',
    ],
  ])('refuses %s', (_what, parts, message) => {
    expect(() => mergeDocuments(INFO, parts)).toThrow(MergeError);
    expect(() => mergeDocuments(INFO, parts)).toThrow(message);
  });
});
