import { randomBytes } from 'node:crypto';
import type { Operator } from '@countersign/cli';
import { TourApi, type Answer } from './api.js';
import { mask, type Narrator } from './narrator.js';
import { TourReceiver, type Decision } from './receiver.js';

/** The mobile number that the tenant's system says is taken. */
const TAKEN = '+919999900000';

/** The rule of the tenant's own system: refuses one number, and writes every country as an ISO code. */
const decide: Decision = user => {
  if (user['mobile'] === TAKEN) return { response: { error: true, message: 'MobileAlreadyExist' } };
  if (user['country'] === 'India') return { response: { data: { ...user, country: 'IN' } } };
  return undefined;
};

/** Something went another way than the tour says. */
class TourFailed extends Error {
  override readonly name = 'TourFailed';
}

/** Plays the path in a tenant of its own: log in, configure, refused, changed, told, called back. */
export async function playTour(baseUrl: string, operator: Operator, narrator: Narrator): Promise<void> {
  const api = new TourApi(baseUrl, narrator);
  const receiver = await TourReceiver.start(narrator, decide);
  try {
    await logIn(api, operator, narrator);
    await configureWebhook(api, receiver, narrator);
    await createRefusedUser(api, narrator);
    const user = await createChangedUser(api, narrator);
    await receiveNotice(api, receiver, narrator, user);
  } finally {
    await receiver.stop();
  }
}

async function logIn(api: TourApi, operator: Operator, narrator: Narrator): Promise<void> {
  const slug = `tour-${randomBytes(4).toString('hex')}`;
  const created = await operator.createTenant({ slug, name: 'Tour', adminLogin: 'admin' });
  await narrator.chapter(
    'Log in as the administrator of a new tenant',
    `The operator has made the tenant "${slug}" for this tour (npx countersign tenant create ${slug} --admin-login admin). ` +
      'Its administrator has a one-time password: the first login has to choose a new one, and only then gives tokens.',
  );
  const first = await api.call('POST', '/v1/login', { tenant: slug, login: 'admin', password: created.adminPassword });
  expect(first, 200, 'the login');
  const newPassword = `Tour-${randomBytes(12).toString('base64url')}`;
  const { transaction } = first.body;
  const done = await api.call('POST', '/v1/login/password', { transaction, newPassword });
  expect(done, 200, 'the change of the password');
  api.signIn((done.body['tokens'] as { accessToken: string }).accessToken);
  narrator.outcome(done.body['state'] === 'DONE', 'signed in; every call from here on carries the access token');
}

async function configureWebhook(api: TourApi, receiver: TourReceiver, narrator: Narrator): Promise<void> {
  await narrator.chapter(
    'Configure a webhook, save & test',
    `The tenant's own system listens at ${receiver.url}. It is to be asked before a user is created (validateUser) and told ` +
      'before and afterwards. One call saves the endpoint and posts {} to its /test.',
  );
  const endpoint = {
    name: 'The tour’s receiver',
    url: receiver.url,
    enabled: true,
    hooks: [{ hook: 'validateUser' }, { hook: 'preCreateUser' }, { hook: 'postCreateUser' }],
    token: { roles: ['ORG_ADMIN'], ttlSeconds: 3600 },
  };
  const saved = await api.call('POST', '/v1/webhook-endpoints?test=true', endpoint, ['id', 'test', 'secret']);
  expect(saved, 201, 'the endpoint');
  receiver.secret = saved.body['secret'] as string;
  const test = saved.body['test'] as { ok: boolean; latencyMs: number };
  narrator.outcome(
    test.ok,
    `saved; the test call took ${test.latencyMs} ms. The receiver keeps the secret ${mask(receiver.secret)}`,
  );
  if (!test.ok) throw new TourFailed('The test call of save & test did not succeed');
}

async function createRefusedUser(api: TourApi, narrator: Narrator): Promise<void> {
  await narrator.chapter(
    'Create a user that the tenant refuses',
    'Before anything is written the platform asks the tenant. This mobile number is taken in the tenant’s own system.',
  );
  const refused = await api.call('POST', '/v1/users', { ...newUser('shreyash1'), mobile: TAKEN });
  expect(refused, 422, 'the refused user');
  const message = refused.body['detail'];
  narrator.outcome(
    message === 'MobileAlreadyExist',
    `nothing was created; the client sees the tenant’s own message: ${String(message)}`,
  );
  if (message !== 'MobileAlreadyExist') throw new TourFailed('The refusal does not carry the tenant’s message');
}

async function createChangedUser(api: TourApi, narrator: Narrator): Promise<Record<string, unknown>> {
  await narrator.chapter(
    'Create a user that the tenant changes',
    'This one is accepted, but the tenant writes countries as ISO codes and answers with the user as it wants it. ' +
      'preCreateUser announces what is about to happen.',
  );
  const shown = ['id', 'login', 'firstName', 'lastName', 'userType', 'country', 'status', 'roles', 'version'];
  const created = await api.call('POST', '/v1/users', newUser('shreyash2'), shown);
  expect(created, 201, 'the user');
  narrator.outcome(
    created.body['country'] === 'IN',
    `the user exists, and its country is "${String(created.body['country'])}"`,
  );
  if (created.body['country'] !== 'IN') throw new TourFailed('The tenant’s change was not applied');
  return created.body;
}

async function receiveNotice(
  api: TourApi,
  receiver: TourReceiver,
  narrator: Narrator,
  user: Record<string, unknown>,
): Promise<void> {
  await narrator.chapter(
    'The tenant is told, and calls back',
    'postCreateUser is kept with the user in one transaction and delivered until the receiver has it. It is signed, and it ' +
      'carries a token with the roles that the tenant gave this endpoint: the receiver uses it to create a group.',
  );
  const notice = await receiver.next('postCreateUser');
  const token = (notice.headers['authorization'] ?? '').replace(/^Bearer /, '');
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    narrator.say(`   ${name}: ${notice.headers[name] ?? ''}`);
  }
  narrator.say(`   authorization: Bearer ${mask(token)}`);
  narrator.outcome(
    notice.signed && notice.user['id'] === user['id'],
    `postCreateUser has arrived, signed (webhook-id ${notice.headers['webhook-id'] ?? ''})`,
  );
  if (!notice.signed) throw new TourFailed('The signature of postCreateUser does not hold');
  api.signIn(token);
  const group = await api.call('POST', '/v1/groups', { name: 'Welcomed' });
  expect(group, 201, 'the group');
  narrator.outcome(true, 'the group was created by the endpoint itself; the audit log says so');
}

function newUser(login: string): Record<string, unknown> {
  return { login, firstName: 'Shreyash2', lastName: 'Pande2', userType: 'Employee', country: 'India' };
}

function expect(answer: Answer, status: number, what: string): void {
  if (answer.status !== status) throw new TourFailed(`${what}: ${answer.status} instead of ${status}`);
}
