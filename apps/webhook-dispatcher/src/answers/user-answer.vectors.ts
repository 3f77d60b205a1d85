import type { UserAnswer } from './user-answer.js';

/** One published test vector: what a receiver answers, and how the platform reads it. */
export interface AnswerVector {
  name: string;
  status: number;
  body: string;
  /** For a hook in mode decide. */
  decide: UserAnswer['kind'];
  /** For a hook in mode enrich, where it differs. */
  enrich?: UserAnswer['kind'];
  message?: string;
  user?: Record<string, unknown>;
}

const user = { firstName: 'Ada', country: null };

/** The answers of webhooks.json (`userAnswer`), one by one: a receiver's author can test against this list. */
export const USER_ANSWER_VECTORS: readonly AnswerVector[] = [
  { name: '204', status: 204, body: '', decide: 'unchanged' },
  { name: 'an empty body', status: 200, body: '', decide: 'unchanged' },
  { name: 'white space only', status: 200, body: ' \r\n', decide: 'unchanged' },
  { name: '{}', status: 200, body: '{}', decide: 'unchanged' },
  { name: '{"response":{}}', status: 200, body: '{"response":{}}', decide: 'unchanged' },
  {
    name: 'response without error and user',
    status: 201,
    body: '{"response":{"message":"fine"}}',
    decide: 'unchanged',
  },
  { name: 'error false', status: 200, body: '{"response":{"error":false}}', decide: 'unchanged' },
  {
    name: 'error false with data null',
    status: 200,
    body: '{"response":{"error":false,"data":null}}',
    decide: 'unchanged',
  },
  { name: 'data that is no object', status: 200, body: '{"response":{"data":"x"}}', decide: 'unchanged' },
  {
    name: 'error true',
    status: 200,
    body: '{"response":{"error":true,"message":"MobileAlreadyExist"}}',
    decide: 'refused',
    enrich: 'unusable',
    message: 'MobileAlreadyExist',
  },
  {
    name: 'error true with 422',
    status: 422,
    body: '{"response":{"error":true,"message":"No"}}',
    decide: 'refused',
    enrich: 'unusable',
    message: 'No',
  },
  {
    name: 'error true without message',
    status: 400,
    body: '{"response":{"error":true}}',
    decide: 'refused',
    enrich: 'unusable',
    message: 'Refused by the tenant',
  },
  {
    name: 'error true, message no text',
    status: 200,
    body: '{"response":{"error":true,"message":7}}',
    decide: 'refused',
    enrich: 'unusable',
    message: 'Refused by the tenant',
  },
  {
    name: 'error true beside a user',
    status: 200,
    body: `{"response":{"error":true,"message":"m","data":{"country":"X"}}}`,
    decide: 'refused',
    enrich: 'unusable',
    message: 'm',
  },
  { name: 'error true with 500', status: 500, body: '{"response":{"error":true}}', decide: 'unusable' },
  { name: 'error "true"', status: 200, body: '{"response":{"error":"true"}}', decide: 'unusable' },
  { name: 'error 1', status: 200, body: '{"response":{"error":1}}', decide: 'unusable' },
  { name: 'error null', status: 200, body: '{"response":{"error":null}}', decide: 'unusable' },
  {
    name: 'error of another type beside a user',
    status: 200,
    body: '{"response":{"error":"no","data":{"country":"X"}}}',
    decide: 'unusable',
  },
  { name: 'the request echoed', status: 200, body: JSON.stringify({ request: { user } }), decide: 'user', user },
  {
    name: 'response.data.user',
    status: 200,
    body: JSON.stringify({ response: { data: { user } } }),
    decide: 'user',
    user,
  },
  { name: 'response.data', status: 200, body: JSON.stringify({ response: { data: user } }), decide: 'user', user },
  { name: 'response.user', status: 200, body: JSON.stringify({ response: { user } }), decide: 'user', user },
  {
    name: 'error false beside a user',
    status: 200,
    body: JSON.stringify({ response: { error: false, data: user } }),
    decide: 'user',
    user,
  },
  {
    name: 'request.user before all others',
    status: 200,
    body: JSON.stringify({ request: { user }, response: { data: { user: { a: 1 } }, user: { b: 1 } } }),
    decide: 'user',
    user,
  },
  {
    name: 'response.data.user before response.data and response.user',
    status: 200,
    body: JSON.stringify({ response: { data: { user, country: 'X' }, user: { b: 1 } } }),
    decide: 'user',
    user,
  },
  {
    name: 'response.data whose user is no object',
    status: 200,
    body: JSON.stringify({ response: { data: { user: 'x', country: 'X' } } }),
    decide: 'user',
    user: { user: 'x', country: 'X' },
  },
  {
    name: 'a user beside a response that is no object',
    status: 200,
    body: JSON.stringify({ request: { user }, response: 'x' }),
    decide: 'user',
    user,
  },
  { name: 'a byte order mark', status: 200, body: '\uFEFF{"response":{}}', decide: 'unchanged' },
  { name: 'a user with 400', status: 400, body: JSON.stringify({ response: { data: user } }), decide: 'unusable' },
  { name: 'an empty body with 404', status: 404, body: '', decide: 'unusable' },
  { name: 'a redirect', status: 302, body: '', decide: 'unusable' },
  { name: 'not modified', status: 304, body: '', decide: 'unusable' },
  { name: '500', status: 500, body: '{}', decide: 'unusable' },
  { name: 'text', status: 200, body: 'OK', decide: 'unusable' },
  { name: 'an array', status: 200, body: '[]', decide: 'unusable' },
  { name: 'true', status: 200, body: 'true', decide: 'unusable' },
  { name: 'null', status: 200, body: 'null', decide: 'unusable' },
  { name: 'cut JSON', status: 200, body: '{"response":{"err', decide: 'unusable' },
  { name: 'another member', status: 200, body: '{"ok":true}', decide: 'unusable' },
  { name: 'a user at the top', status: 200, body: JSON.stringify({ user }), decide: 'unusable' },
  { name: 'response null', status: 200, body: '{"response":null}', decide: 'unusable' },
  { name: 'response an array', status: 200, body: '{"response":[]}', decide: 'unusable' },
];
