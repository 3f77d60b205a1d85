import { expect, it } from 'vitest';
import { MERGED_DOCUMENT, mergeCommittedDocuments, readDocument } from './openapi/load-documents.js';
import { RouteTable } from './routing/route-table.js';
import { service } from './service.js';

it('commits the merge of what the services have committed (write it anew with `node dist/openapi.js`)', async () => {
  const made = JSON.parse(JSON.stringify(await mergeCommittedDocuments(service))) as unknown;
  expect(readDocument(MERGED_DOCUMENT)).toEqual(made);
});

it('can be routed by', () => {
  const routes = RouteTable.fromDocument(readDocument(MERGED_DOCUMENT));
  for (const [method, path, owner, open] of [
    ['POST', '/v1/login', 'auth-mfa', true],
    ['POST', '/v1/token/refresh', 'auth-mfa', true],
    ['GET', '/.well-known/jwks.json', 'auth-mfa', true],
    ['POST', '/v1/users/usr_1/password-reset', 'auth-mfa', false],
    ['POST', '/v1/me/password', 'auth-mfa', false],
    ['GET', '/v1/me', 'user-lifecycle', false],
    ['POST', '/v1/users', 'user-lifecycle', false],
    ['GET', '/v1/audit', 'user-lifecycle', false],
    ['POST', '/v1/webhook-endpoints', 'webhook-dispatcher', false],
    ['GET', '/v1/hooks', 'webhook-dispatcher', false],
    ['GET', '/v1/deliveries/dlv_1', 'webhook-dispatcher', false],
    ['GET', '/readyz', 'gateway', true],
  ] as const) {
    const match = routes.find(method, path.slice(1).split('/'));
    expect(match, `${method} ${path}`).toMatchObject({ kind: 'found', route: { service: owner, public: open } });
  }
});
