import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectProblem, expectStatus } from '../support/problem.js';
import { json } from '../support/receiver-behaviour.js';
import type { User } from '../support/resources.js';
import { Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const UPDATE_HOOKS = ['validateUpdateUser', 'preUpdateUser', 'postUpdateUser'] as const;

/** Which change of a user asks, announces and notifies (the user's path, in this order). */
describe('hooks of an update', () => {
  let tenant: Tenant;
  let receiver: WebhookReceiver;
  let user: User;

  beforeAll(async () => {
    [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
    await tenant.createEndpoint(receiver, UPDATE_HOOKS);
  });

  beforeEach(async () => {
    for (const hook of UPDATE_HOOKS) receiver.on(hook, json({ response: {} }));
    user = await tenant.createUser({ roles: ['USER', 'AUDITOR'] });
  });

  afterAll(() => receiver.stop());

  function hooksOf({ id }: User, hook: string) {
    return receiver.received(hook).filter(call => call.user['id'] === id);
  }

  /**
   * The hooks that the change has caused. A last update of the same user is the barrier: its notice leaves after every
   * earlier one, so when it has arrived nothing more can come.
   */
  async function causedBy(change: () => Promise<unknown>, subject = user): Promise<Record<string, number>> {
    const count = () => Object.fromEntries(UPDATE_HOOKS.map(hook => [hook, hooksOf(subject, hook).length]));
    const before = count();
    await change();
    const atAnswer = count();
    const marker = `barrier ${String(performance.now())}`;
    expectStatus(await tenant.admin.patch(`/v1/users/${subject.id}`, { country: marker }), 200);
    await receiver.waitFor('postUpdateUser', { where: call => call.user['country'] === marker });
    const after = count();
    const asked = (hook: string) => (atAnswer[hook] ?? 0) - (before[hook] ?? 0);
    return {
      validateUpdateUser: asked('validateUpdateUser'),
      preUpdateUser: asked('preUpdateUser'),
      postUpdateUser: (after['postUpdateUser'] ?? 0) - (before['postUpdateUser'] ?? 0) - 1,
    };
  }

  async function path(change: () => Promise<unknown>) {
    const { validateUpdateUser, preUpdateUser, postUpdateUser } = await causedBy(change);
    return [validateUpdateUser, preUpdateUser, postUpdateUser];
  }

  const patch = (body: unknown) => async () => {
    expectStatus(await tenant.admin.patch(`/v1/users/${user.id}`, body), 200);
  };

  it('asks, announces and notifies for a change of an attribute that the hooks show', async () => {
    expect(await path(patch({ firstName: 'Maya' }))).toEqual([1, 1, 1]);
    expect(await path(patch({ email: 'maya@example.com' }))).toEqual([1, 1, 1]);
    const boss = await tenant.createUser();
    expect(await path(patch({ manager: boss.id }))).toEqual([1, 1, 1]);
  });

  it("does so when the user's groups are set at the user", async () => {
    const group = await tenant.createGroup();
    expect(await path(patch({ assignedGroups: [group.id] }))).toEqual([1, 1, 1]);
  });

  it('fires nothing when nothing has changed', async () => {
    expect(await path(patch({ firstName: user.firstName }))).toEqual([0, 0, 0]);
    expect(await path(patch({}))).toEqual([0, 0, 0]);
  });

  it('only notifies when a member is added to or removed from a group at the group', async () => {
    const group = await tenant.createGroup();
    const member = `/v1/groups/${group.id}/members/${user.id}`;
    expect(await path(() => tenant.admin.put(member))).toEqual([0, 0, 1]);
    expect(
      hooksOf(user, 'postUpdateUser').some(call => JSON.stringify(call.user['assignedGroups']).includes(group.id)),
    ).toBe(true);
    expect(await path(() => tenant.admin.delete(member))).toEqual([0, 0, 1]);
  });

  it('notifies each former member when a group is deleted, and nobody when it is renamed', async () => {
    const group = await tenant.createGroup();
    const [one, two] = [
      await tenant.createUser({ assignedGroups: [group.id] }),
      await tenant.createUser({ assignedGroups: [group.id] }),
    ];
    const rename = () => tenant.admin.patch(`/v1/groups/${group.id}`, { name: `${group.name}-renamed` });
    expect((await causedBy(rename, one))['postUpdateUser']).toBe(0);
    const remove = () => tenant.admin.delete(`/v1/groups/${group.id}`);
    expect(await causedBy(remove, one)).toEqual({ validateUpdateUser: 0, preUpdateUser: 0, postUpdateUser: 1 });
    await receiver.waitFor('postUpdateUser', {
      where: call => call.user['id'] === two.id && JSON.stringify(call.user['assignedGroups']) === '[]',
    });
  });

  it('never asks before disabling: the receiver would keep a compromised account alive', async () => {
    receiver.on('validateUpdateUser', json({ response: { error: true, message: 'Never' } }));
    const disabled = await tenant.admin.post<User>(`/v1/users/${user.id}/disable`);
    expect(expectStatus(disabled, 200).body.status).toBe('disabled');
    expect(hooksOf(user, 'validateUpdateUser')).toEqual([]);
    expect(hooksOf(user, 'preUpdateUser').map(call => call.user['status'])).toEqual(['disabled']);
    await receiver.waitFor('postUpdateUser', {
      where: call => call.user['id'] === user.id && call.user['status'] === 'disabled',
    });
  });

  it('never asks before deleting', async () => {
    receiver.on('validateUpdateUser', json({ response: { error: true, message: 'Never' } }));
    expectStatus(await tenant.admin.delete(`/v1/users/${user.id}`), 204);
    expect(hooksOf(user, 'validateUpdateUser')).toEqual([]);
    expect(hooksOf(user, 'preUpdateUser').map(call => call.user['status'])).toEqual(['deleted']);
    await receiver.waitFor('postUpdateUser', {
      where: call => call.user['id'] === user.id && call.user['status'] === 'deleted',
    });
  });

  it('never asks about a change that only takes roles away', async () => {
    receiver.on('validateUpdateUser', json({ response: { error: true, message: 'Never' } }));
    const demoted = await tenant.admin.patch<User>(`/v1/users/${user.id}`, { roles: ['USER'] });
    expect(expectStatus(demoted, 200).body.roles).toEqual(['USER']);
    expect(hooksOf(user, 'validateUpdateUser')).toEqual([]);
  });

  it('asks before enabling, and the tenant may refuse it', async () => {
    expectStatus(await tenant.admin.post(`/v1/users/${user.id}/disable`), 200);
    receiver.on('validateUpdateUser', json({ response: { error: true, message: 'Not yet' } }));
    const answer = await tenant.admin.post(`/v1/users/${user.id}/enable`);
    expectProblem(answer, { status: 422, code: 'hook_refused', hook: 'validateUpdateUser', detail: 'Not yet' });
    receiver.on('validateUpdateUser', json({ response: {} }));
    await receiver.waitFor('postUpdateUser', {
      where: call => call.user['id'] === user.id && call.user['status'] === 'disabled',
    });
    expect(await path(() => tenant.admin.post(`/v1/users/${user.id}/enable`))).toEqual([1, 1, 1]);
  });

  it('lets the tenant refuse an update, which then has not happened', async () => {
    receiver.on('validateUpdateUser', json({ response: { error: true, message: 'EmailAlreadyExist' } }));
    const answer = await tenant.admin.patch(`/v1/users/${user.id}`, { email: 'taken@example.com' });
    expectProblem(answer, {
      status: 422,
      code: 'hook_refused',
      hook: 'validateUpdateUser',
      detail: 'EmailAlreadyExist',
    });
    const kept = (await tenant.admin.get<User>(`/v1/users/${user.id}`)).body;
    expect([kept.email ?? null, kept.version]).toEqual([null, 1]);
    expect(hooksOf(user, 'preUpdateUser')).toEqual([]);
  });

  it('lets the tenant change an update, and asks with the user as it will be', async () => {
    receiver.on('validateUpdateUser', json({ response: { data: { userType: 'Contractor' } } }));
    const answer = await tenant.admin.patch<User>(`/v1/users/${user.id}`, { country: 'Peru' });
    expect(expectStatus(answer, 200).body).toMatchObject({ country: 'Peru', userType: 'Contractor' });
    const [asked] = hooksOf(user, 'validateUpdateUser');
    expect(asked?.user).toMatchObject({ country: 'Peru', userType: 'Employee', status: 'active', id: user.id });
    const [announced] = hooksOf(user, 'preUpdateUser');
    expect(announced?.user).toMatchObject({ country: 'Peru', userType: 'Contractor' });
  });

  it("names the pointer when the tenant's changed update fails the local rules", async () => {
    receiver.on('validateUpdateUser', json({ response: { data: { email: 'nonsense' } } }));
    const answer = await tenant.admin.patch(`/v1/users/${user.id}`, { country: 'Peru' });
    expectProblem(answer, { status: 422, code: 'hook_answer_invalid', pointer: '/email', hook: 'validateUpdateUser' });
  });

  it('checks the version again after the tenant was asked', async () => {
    receiver.on('validateUpdateUser', async (call, response) => {
      if (call.user['country'] === 'Peru') await tenant.admin.patch(`/v1/users/${user.id}`, { country: 'Chad' });
      await json({ response: {} })(call, response);
    });
    const etag = (await tenant.admin.get(`/v1/users/${user.id}`)).headers['etag'] ?? '';
    const answer = await tenant.admin.patch(`/v1/users/${user.id}`, { country: 'Peru' }, { 'if-match': etag });
    expectProblem(answer, { status: 412 });
    expect((await tenant.admin.get<User>(`/v1/users/${user.id}`)).body.country).toBe('Chad');
  });
});
