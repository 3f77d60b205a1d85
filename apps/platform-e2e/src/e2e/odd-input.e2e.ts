import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiAnswer } from '../support/api.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import { Tenant } from '../support/tenant.js';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const WRITES = ['post', 'put', 'patch'];
const deep = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);

/** Bodies of which none is right anywhere, or only by luck. */
const ODD_BODIES: readonly string[] = [
  '{}',
  'null',
  '[]',
  '""',
  '0',
  '{"login":null,"name":null,"url":null,"hooks":null,"roles":null,"attributes":null}',
  '{"login":{},"name":[],"url":7,"hooks":{},"roles":"x","attributes":"x"}',
  '{"login":"\\u0000","name":"\\u0000","url":"\\u0000","password":"\\u0000"}',
  '{"name":"\\ud800","login":"\\ud800","firstName":"\\ud800","lastName":"x"}',
  '{"name":1e400,"version":99999999999999999999,"expiresAt":"0000-00-00T00:00:00Z"}',
  '{"login":"a","login":"b","name":"a","name":"b"}',
  '{"":1,"/":2,"~":3," ":4}',
  '{"assignedGroups":["x","x"],"manager":"x","firstName":"a","lastName":"b","login":"odd"}',
  '{"firstName":"a","lastName":"b","login":"odd","attributes":{"__proto__":{"a":1},"constructor":1}}',
  '{"name":"n","url":"http://[::1","hooks":[{"hook":"postCreateUser"}]}',
  '{"name":"n","url":"http://127.0.0.1:99999/","hooks":[]}',
  '{"name":"n","url":"http://127.0.0.1/","hooks":[{"hook":"__proto__"}]}',
  '{"name":"n","url":"http://127.0.0.1/","hooks":[{"hook":"postCreateUser"},{"hook":"postCreateUser"}]}',
  '{"tenant":"demo","login":"x","password":"y"}',
  '{"transaction":"demo.x","newPassword":"x"}',
  '{"refreshToken":"demo."}',
  deep(200),
  deep(20_000),
];

const ODD_QUERIES: readonly string[] = [
  'limit=',
  'limit=1e3',
  'limit=99999999999999999999',
  'limit[]=1',
  'cursor=',
  'cursor=%00',
  'cursor=eyJhIjoxfQ',
  'cursor=bnVsbA',
  'cursor=W10',
  'filter=',
  'filter=%00',
  'filter=id%20eq%20%22%00%22',
  'filter=id%20eq%201e400',
  `filter=${encodeURIComponent('('.repeat(500))}`,
  `filter=${encodeURIComponent(`${'not '.repeat(300)}(id eq "a")`)}`,
  `filter=${encodeURIComponent(Array.from({ length: 200 }, () => 'id eq "a"').join(' or '))}`,
  'filter=createdAt%20gt%20%22yesterday%22',
  'sort=',
  'sort=-',
  'sort=login,login',
  'sort=__proto__',
  'dryRun=maybe',
  'test=perhaps',
  '__proto__=1',
  '%F0%9F%98%80=1',
];

/** No 5xx for anything that a client can send, but for 503 with its code; every refusal is a problem. */
describe('odd input to every documented operation', () => {
  let tenant: Tenant;
  let operations: { method: string; path: string }[];

  beforeAll(async () => {
    tenant = await Tenant.create();
    const { paths } = expectStatus(await tenant.anonymous.get<Document>('/openapi.json'), 200).body;
    operations = Object.entries(paths)
      .flatMap(([path, item]) => Object.keys(item).map(method => ({ method, path })))
      .filter(({ path }) => path.startsWith('/v1/') && !path.startsWith('/v1/logout'));
  });

  function judge(answer: ApiAnswer, what: string): void {
    expect(answer.status, `${what}: ${answer.text.slice(0, 500)}`).toBeLessThan(500);
    if (answer.status >= 400) expectProblem(answer, { status: answer.status });
  }

  it("takes no odd body for more than the client's fault", async () => {
    for (const { method, path } of operations.filter(operation => WRITES.includes(operation.method))) {
      const concrete = path.replace(/\{[^}]+\}/g, 'none');
      const headers = { 'content-type': 'application/json' };
      const answers = await Promise.all(
        ODD_BODIES.map(raw => tenant.admin.send(method.toUpperCase(), concrete, { raw, headers })),
      );
      for (const [index, answer] of answers.entries()) {
        judge(answer, `${method} ${path} ${ODD_BODIES[index]?.slice(0, 80) ?? ''}`);
      }
    }
  });

  it("takes no odd query for more than the client's fault", async () => {
    for (const { method, path } of operations.filter(operation => operation.method === 'get')) {
      const concrete = path.replace(/\{[^}]+\}/g, 'none');
      if (path === '/v1/login/events') continue;
      const answers = await Promise.all(ODD_QUERIES.map(query => tenant.admin.get(`${concrete}?${query}`)));
      for (const [index, answer] of answers.entries()) judge(answer, `${method} ${path} ${ODD_QUERIES[index] ?? ''}`);
    }
  });

  it("takes no odd header for more than the client's fault", async () => {
    const headers: readonly Readonly<Record<string, string>>[] = [
      { 'if-match': '*' },
      { 'if-match': 'nonsense' },
      { 'if-match': '"a", "b"' },
      { 'if-match': '""' },
      { 'idempotency-key': '' },
      { 'idempotency-key': 'x'.repeat(5_000) },
      { 'idempotency-key': 'caf\u00e9' },
      { traceparent: '00-0-0-0' },
      { authorization: 'Bearer' },
      { authorization: 'Basic dXNlcjpwYXNz' },
      { authorization: 'Bearer csk_' },
      { authorization: 'Bearer csk_demo' },
      { authorization: 'Bearer csk_demo.' },
      { authorization: `Bearer csk_${'x'.repeat(3_000)}.y` },
      { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' },
      { accept: 'image/png' },
      { 'content-encoding': 'gzip' },
      { 'content-type': 'application/json; charset=utf-16' },
    ];
    const user = await tenant.createUser();
    for (const each of headers) {
      const name = JSON.stringify(each).slice(0, 80);
      judge(await tenant.admin.get(`/v1/users/${user.id}`, each), `GET ${name}`);
      judge(await tenant.admin.patch(`/v1/users/${user.id}`, { country: 'Peru' }, each), `PATCH ${name}`);
      judge(await tenant.admin.post('/v1/groups', { name: 'odd' }, each), `POST ${name}`);
      judge(await tenant.admin.delete('/v1/groups/none', each), `DELETE ${name}`);
    }
  });
});
