import type { TenantId } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimsOf, PASSWORD, World, type KnownPerson, type LoginBody } from './world.js';

const NEW = 'seven loud yellow bells';

let world: World;
let tenant: TenantId;

beforeAll(async () => {
  world = await World.start();
  tenant = await world.tenant();
});
afterAll(() => world.stop());

async function due(person: KnownPerson): Promise<LoginBody> {
  const { status, body } = await world.logIn(person);
  expect(status).toBe(200);
  expect(body).toEqual({
    transaction: expect.any(String),
    expiresAt: expect.any(String),
    state: 'PASSWORD_CHANGE_DUE',
  });
  return body as LoginBody;
}
const change = (transaction: string, newPassword: string) =>
  world.auth.api.post('/v1/login/password', { transaction, newPassword });

describe('first login with a one-time password', () => {
  it('replaces the password and is then DONE; the old password is worth nothing', async () => {
    const person = await world.person(tenant, { oneTime: true });
    const { transaction, expiresAt } = await due(person);
    const state = await world.auth.api.post('/v1/login/state', { transaction });
    expect(state.body).toEqual({ transaction, expiresAt, state: 'PASSWORD_CHANGE_DUE' });

    const done = await change(transaction, NEW);
    expect(done.status).toBe(200);
    expect(done.body).toMatchObject({ transaction, state: 'DONE', tokens: { tokenType: 'Bearer', expiresIn: 600 } });
    expect(claimsOf((done.body as Required<LoginBody>).tokens.accessToken)).toMatchObject({ firstLogin: true });

    expect((await world.logIn(person)).status).toBe(401);
    expect((await world.logIn({ ...person, password: NEW })).body).toMatchObject({ state: 'DONE' });
    expect(await world.events(tenant, 'password.changed')).toContainEqual({
      userId: person.user.id,
      chosenByUser: true,
    });
    const changed = (await world.auditOf(tenant, person.user.id)).find(row => row.action === 'password.changed');
    expect(changed?.actor).toEqual({ type: 'user', id: person.user.id });
  });

  it('is in the audit log from the moment that the one-time password was right', async () => {
    const person = await world.person(tenant, { oneTime: true });
    await due(person);
    const [, started] = await world.auditOf(tenant, person.user.id);
    expect(started).toMatchObject({
      action: 'login.started',
      actor: { type: 'user', id: person.user.id },
      changes: { transaction: { after: expect.stringMatching(/^ltx_/) }, state: { after: 'PASSWORD_CHANGE_DUE' } },
    });
  });

  it('goes on after a password that the policy refuses, which is named with the remedy', async () => {
    const person = await world.person(tenant, { oneTime: true });
    const { transaction } = await due(person);
    for (const [password, code] of [
      ['short', 'password_too_short'],
      [`${person.login}-12`, 'password_is_login'],
      [PASSWORD, 'password_reused'],
    ] as const) {
      const refused = await change(transaction, password);
      expect(refused.status).toBe(422);
      expect(refused.body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/newPassword', code }] });
    }
    expect((await change(transaction, NEW)).body).toMatchObject({ state: 'DONE' });
  });

  it('finishes once, however many calls finish it at the same time', async () => {
    const person = await world.person(tenant, { oneTime: true });
    const { transaction } = await due(person);
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => change(transaction, `${NEW} ${i}`)));
    const statuses = answers.map(answer => answer.status).sort();
    expect(statuses).toEqual([200, 401, 401, 401, 401, 401, 401, 401]);
    const winner = answers.findIndex(answer => answer.status === 200);
    expect((await world.logIn({ ...person, password: `${NEW} ${winner}` })).body).toMatchObject({ state: 'DONE' });
    const [{ count } = { count: 0 }] = await world.rows<{ count: number }>(
      tenant,
      `select count(*)::int as count from session where user_id = $1`,
      [person.user.id],
    );
    expect(count).toBe(2);
  });

  it('is over once finished, expired, or overtaken: one and the same answer', async () => {
    const person = await world.person(tenant, { oneTime: true });
    const { transaction } = await due(person);
    const second = await due(person);
    const disabled = await world.person(tenant, { oneTime: true });
    const third = await due(disabled);
    const expiring = await due(await world.person(tenant, { oneTime: true }));

    await change(transaction, NEW);
    await world.change(disabled, { status: 'disabled' });
    const clock = world.moveClock(601);
    const expired = await world.auth.api.post('/v1/login/state', { transaction: expiring.transaction });
    clock.restore();
    const answers = [
      expired,
      await world.auth.api.post('/v1/login/state', { transaction }),
      await change(transaction, `${NEW} again`),
      await change(second.transaction, `${NEW} again`),
      await world.auth.api.post('/v1/login/state', { transaction: third.transaction }),
      await world.auth.api.post('/v1/login/state', { transaction: `${tenant}.nonsense` }),
      await world.auth.api.post('/v1/login/state', { transaction: `nobody.${transaction.split('.')[1]}` }),
      await world.auth.api.post('/v1/login/state', { transaction: 'nonsense' }),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(401);
      expect(body).toMatchObject({ code: 'invalid_transaction' });
    }
  });

  it('belongs to its tenant: the secret with another slug before it opens nothing', async () => {
    const other = await world.tenant();
    const { transaction } = await due(await world.person(tenant, { oneTime: true }));
    expect((await change(`${other}.${transaction.split('.')[1]}`, NEW)).status).toBe(401);
  });

  it('remembers the last five passwords', async () => {
    const { api, person } = await world.signedIn(tenant, 'USER');
    let current = person.password;
    const used = [current];
    for (let i = 1; i <= 5; i++) {
      const next = `${NEW} number ${i}`;
      const body = { currentPassword: current, newPassword: next };
      expect((await api.post('/v1/me/password', body)).status).toBe(204);
      used.push((current = next));
    }
    const again = await api.post('/v1/me/password', { currentPassword: current, newPassword: used[1] });
    expect(again.body).toMatchObject({ errors: [{ pointer: '/newPassword', code: 'password_reused' }] });
    expect((await api.post('/v1/me/password', { currentPassword: current, newPassword: used[0] })).status).toBe(204);
  });
});
