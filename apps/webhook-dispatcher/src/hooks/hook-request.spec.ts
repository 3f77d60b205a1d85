import type { TenantId } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../endpoints/endpoint.js';
import { signatureHeaders } from '../signing/standard-webhooks.js';
import { buildHookRequest, maskBody } from './hook-request.js';

const now = new Date('2026-01-01T00:00:00Z');
const endpoint: Endpoint = {
  tenantId: 'acme' as TenantId,
  id: 'ep_1',
  version: 1,
  name: 'Receiver',
  url: 'https://hooks.example.com/webhook/?key=1',
  enabled: true,
  disabledReason: null,
  hooks: [],
  headers: { 'X-Team': 'blue' },
  auth: null,
  token: { roles: ['AUDITOR'], ttlSeconds: 3600 },
  caBundle: null,
  echo: false,
  ordered: false,
  retrySchedule: null,
  rateLimit: null,
  maxConcurrency: null,
  secrets: [
    { value: 'whsec_bmV3', validUntil: null },
    { value: 'whsec_b2xk', validUntil: new Date(now.getTime() + 1000) },
    { value: 'whsec_Z29uZQ==', validUntil: now },
  ],
  createdAt: now,
  updatedAt: now,
};
const params = {
  endpoint,
  hook: 'postCreateUser',
  path: '/postCreateUser',
  deliveryId: 'dlv_1',
  attempt: 2,
  body: '{"request":{}}',
  accessToken: 'token',
  traceparent: '00-1-2-01',
  now,
};

describe('buildHookRequest', () => {
  it('appends the path to the base and signs with the secrets that are valid now', () => {
    const { url, headers } = buildHookRequest(params);
    expect(url.href).toBe('https://hooks.example.com/webhook/postCreateUser?key=1');
    expect(headers).toEqual({
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': 'Countersign-Webhooks/1',
      'x-team': 'blue',
      authorization: 'Bearer token',
      ...signatureHeaders('dlv_1', now, params.body, [{ value: 'whsec_bmV3' }, { value: 'whsec_b2xk' }]),
      'x-countersign-hook': 'postCreateUser',
      'x-countersign-tenant': 'acme',
      'x-countersign-attempt': '2',
      traceparent: '00-1-2-01',
    });
  });

  it('tells an awaited call its deadline, and a dry run that it is one', () => {
    const { headers } = buildHookRequest({ ...params, deadlineMs: 1500, dryRun: true });
    expect(headers).toMatchObject({ 'x-countersign-deadline-ms': '1500', 'x-countersign-dry-run': 'true' });
  });

  it("gives Authorization to the receiver's own credentials and moves the platform's token", () => {
    const basic = buildHookRequest({
      ...params,
      endpoint: { ...endpoint, auth: { type: 'basic', username: 'ü', password: 'p:w' } },
    });
    expect(basic.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('ü:p:w').toString('base64')}`,
      'x-countersign-authorization': 'Bearer token',
    });
    const bearer = buildHookRequest({
      ...params,
      endpoint: { ...endpoint, auth: { type: 'bearer', token: 'theirs' } },
    });
    expect(bearer.headers).toMatchObject({
      authorization: 'Bearer theirs',
      'x-countersign-authorization': 'Bearer token',
    });
    const header = buildHookRequest({
      ...params,
      endpoint: { ...endpoint, auth: { type: 'header', name: 'X-Api-Key', value: 'k' } },
    });
    expect(header.headers).toMatchObject({ authorization: 'Bearer token', 'x-api-key': 'k' });
    expect(header.headers).not.toHaveProperty('x-countersign-authorization');
  });

  it('shows no secret, but the signature', () => {
    const own: Endpoint = {
      ...endpoint,
      headers: { 'X-Team': 'own-secret' },
      auth: { type: 'bearer', token: 'receiver-secret' },
    };
    const { shownHeaders, headers } = buildHookRequest({ ...params, endpoint: own, accessToken: 'platform-secret' });
    expect(JSON.stringify(shownHeaders)).not.toMatch(/secret/);
    expect(Object.keys(shownHeaders).sort()).toEqual(Object.keys(headers).sort());
    expect(shownHeaders['webhook-signature']).toBe(headers['webhook-signature']);
  });
});

describe('maskBody', () => {
  it('hides a password, whatever is in it', () => {
    expect(maskBody('{"request":{"user":{},"passwordText":"a\\"b\\\\"}}')).toBe(
      '{"request":{"user":{},"passwordText":"***"}}',
    );
  });
});
