import { beforeAll, describe, expect, it } from 'vitest';
import { expectStatus } from '../support/problem.js';
import { Tenant } from '../support/tenant.js';

type Operation = Readonly<{ responses?: Record<string, unknown>; security?: unknown[]; parameters?: unknown[] }>;
interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];

/** The paths of api.md that this version has, with the methods that it names. */
const PROMISED: readonly (readonly [path: string, methods: readonly string[]])[] = [
  ['/v1/login', ['post']],
  ['/v1/login/password', ['post']],
  ['/v1/login/state', ['post']],
  ['/v1/token/refresh', ['post']],
  ['/v1/logout', ['post']],
  ['/v1/logout/all', ['post']],
  ['/v1/api-keys', ['get', 'post']],
  ['/v1/api-keys/{}', ['delete']],
  ['/v1/me', ['get', 'patch']],
  ['/v1/me/password', ['post']],
  ['/v1/users', ['get', 'post']],
  ['/v1/users/{}', ['get', 'patch', 'delete']],
  ['/v1/users/{}/disable', ['post']],
  ['/v1/users/{}/enable', ['post']],
  ['/v1/users/{}/password-reset', ['post']],
  ['/v1/user-attributes', ['get', 'put']],
  ['/v1/groups', ['get', 'post']],
  ['/v1/groups/{}', ['get', 'patch', 'delete']],
  ['/v1/groups/{}/members', ['get']],
  ['/v1/groups/{}/members/{}', ['put', 'delete']],
  ['/v1/audit', ['get']],
  ['/v1/webhook-endpoints', ['get', 'post']],
  ['/v1/webhook-endpoints/{}', ['get', 'patch', 'delete']],
  ['/v1/webhook-endpoints/{}/test', ['post']],
  ['/v1/webhook-endpoints/{}/rotate-secret', ['post']],
  ['/v1/webhook-endpoints/{}/enable', ['post']],
  ['/v1/hooks', ['get']],
  ['/v1/deliveries', ['get']],
  ['/v1/deliveries/{}', ['get']],
  ['/v1/deliveries/{}/redeliver', ['post']],
];

describe('openapi.json', () => {
  let tenant: Tenant;
  let document: Document;
  let text: string;

  beforeAll(async () => {
    tenant = await Tenant.create();
    ({ body: document, text } = expectStatus(await tenant.anonymous.get<Document>('/openapi.json'), 200));
  });

  function operations() {
    return Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, operation]) =>
        METHODS.includes(method) ? [{ path, method, operation }] : [],
      ),
    );
  }

  it('is one 3.1 document with every path of this version, and none of the inside', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const shown = new Map(
      Object.entries(document.paths).map(([path, item]) => [path.replace(/\{[^}]+\}/g, '{}'), item]),
    );
    for (const [path, methods] of PROMISED) {
      for (const method of methods) expect(Object.keys(shown.get(path) ?? {}), path).toContain(method);
    }
    expect(Object.keys(document.paths).filter(path => !path.startsWith('/v1/') && path.includes('internal'))).toEqual(
      [],
    );
    expect(text).not.toContain('/internal');
  });

  it('resolves each of its references', () => {
    const references = new Set([...text.matchAll(/"\$ref":\s*"(#[^"]+)"/g)].map(([, reference]) => reference ?? ''));
    expect(references.size).toBeGreaterThan(0);
    for (const reference of references) {
      const found = reference
        .slice(2)
        .split('/')
        .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
        .reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], document);
      expect(found, reference).toBeDefined();
    }
  });

  it('describes the answers of every operation', () => {
    for (const { path, method, operation } of operations()) {
      const statuses = Object.keys(operation.responses ?? {});
      expect(
        statuses.some(status => /^2/.test(status)),
        `${method} ${path} has ${statuses.join()}`,
      ).toBe(true);
    }
  });

  it('documents paths that all answer: none is 404 for its path, 405 or a fault of the platform', async () => {
    for (const { path, method } of operations()) {
      const concrete = path.replace(/\{[^}]+\}/g, 'none');
      const answer = await tenant.anonymous.send(method.toUpperCase(), concrete, method === 'get' ? {} : { body: {} });
      expect(answer.status, `${method} ${path}: ${answer.text.slice(0, 300)}`).not.toBe(405);
      expect(answer.status, `${method} ${path}: ${answer.text.slice(0, 300)}`).toBeLessThan(500);
      if (concrete === path) expect(answer.status, `${method} ${path}`).not.toBe(404);
    }
  });

  it('documents paths that want a token where they are not open', async () => {
    const open = [
      '/v1/login',
      '/v1/token',
      '/v1/password',
      '/healthz',
      '/readyz',
      '/openapi.json',
      '/docs',
      '/.well-known',
      '/dev/',
    ];
    for (const { path, method } of operations()) {
      if (path === '/' || open.some(prefix => path.startsWith(prefix))) continue;
      const concrete = path.replace(/\{[^}]+\}/g, 'none');
      const answer = await tenant.anonymous.send(method.toUpperCase(), concrete, method === 'get' ? {} : { body: {} });
      expect(answer.status, `${method} ${path}: ${answer.text.slice(0, 300)}`).toBe(401);
    }
  });
});
