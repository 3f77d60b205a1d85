import { describe, expect, it } from 'vitest';
import { upstreamRequestHeaders } from './request-headers.js';
import { downstreamResponseHeaders } from './response-headers.js';

const vouched = { serviceToken: 'svc', client: '203.0.113.9', requestId: 'r-1', traceparent: '00-a-b-01' };

describe('upstreamRequestHeaders', () => {
  it('passes the end-to-end headers on', () => {
    const headers = upstreamRequestHeaders(
      {
        'content-type': 'application/json',
        'content-length': '2',
        'if-match': '"1"',
        'idempotency-key': 'k',
        tracestate: 'a=b',
        'login-transaction': 't',
      },
      vouched,
    );
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '2',
      'if-match': '"1"',
      'idempotency-key': 'k',
      tracestate: 'a=b',
      'login-transaction': 't',
    });
  });

  it('drops everything that only the gateway may say', () => {
    const forged = {
      'x-countersign-service': 'forged',
      'x-countersign-tenant': 'forged',
      'x-countersign-client': 'forged',
      'x-countersign-actor': 'operator:root',
      'x-countersign-later': 'forged',
      x_countersign_tenant: 'forged',
      'x-countersign_tenant': 'forged',
      forwarded: 'for=forged',
      'x-forwarded-for': 'forged',
      'x-forwarded-proto': 'forged',
      'x-forwarded-host': 'forged',
      'x-forwarded': 'forged',
      'x-real-ip': 'forged',
      via: 'forged',
      host: 'forged',
      authorization: 'Bearer forged',
      'x-request-id': 'forged',
      traceparent: 'forged',
    };
    expect(upstreamRequestHeaders(forged, vouched)).toEqual({
      'x-countersign-service': 'svc',
      'x-countersign-client': '203.0.113.9',
      'x-request-id': 'r-1',
      traceparent: '00-a-b-01',
    });
  });

  it('vouches for tenant and token where they are known', () => {
    expect(upstreamRequestHeaders({}, { ...vouched, tenantId: 'acme', authorization: 'Bearer jwt' })).toMatchObject({
      'x-countersign-tenant': 'acme',
      authorization: 'Bearer jwt',
    });
  });

  it('drops what belongs to the connection, also what Connection names', () => {
    const headers = upstreamRequestHeaders(
      {
        connection: 'keep-alive, X-Secret-Hop, content-length, TE',
        'keep-alive': 'timeout=5',
        'x-secret-hop': 'x',
        'transfer-encoding': 'chunked',
        te: 'trailers',
        trailer: 'x',
        upgrade: 'h2c',
        'http2-settings': 'x',
        expect: '100-continue',
        'proxy-authorization': 'x',
        'content-length': '5',
      },
      vouched,
    );
    expect(Object.keys(headers).sort()).toEqual([
      'content-length',
      'traceparent',
      'x-countersign-client',
      'x-countersign-service',
      'x-request-id',
    ]);
  });

  it('cannot be told by Connection to forget the tenant', () => {
    const headers = upstreamRequestHeaders(
      { connection: 'x-countersign-tenant, authorization' },
      { ...vouched, tenantId: 'acme', authorization: 'Bearer jwt' },
    );
    expect(headers).toMatchObject({ 'x-countersign-tenant': 'acme', authorization: 'Bearer jwt' });
  });
});

describe('downstreamResponseHeaders', () => {
  it("keeps the answer's own headers and drops the connection's and the inside's", () => {
    const answered = {
      'content-type': 'application/json',
      'content-length': '2',
      etag: '"3"',
      location: '/v1/users/usr_1',
      'set-cookie': ['a=1', 'b=2'],
      connection: 'close, x-hop',
      'x-hop': '1',
      'keep-alive': 'timeout=72',
      'transfer-encoding': 'chunked',
      date: 'x',
      server: 'x',
      'x-powered-by': 'x',
      'x-countersign-client': 'x',
      'x-request-id': 'theirs',
      'content-security-policy': 'theirs',
    };
    expect(downstreamResponseHeaders(answered, new Set(['content-security-policy']))).toEqual({
      'content-type': 'application/json',
      'content-length': '2',
      etag: '"3"',
      location: '/v1/users/usr_1',
      'set-cookie': ['a=1', 'b=2'],
    });
  });
});
