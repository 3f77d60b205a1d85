import type { TenantId } from '@countersign/kernel';
import { eventually } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApplyTenant } from '../src/lifecycle/apply-tenant.js';
import { claimsOf, World, type Tokens } from './world.js';

let world: World;
let tenant: TenantId;

beforeAll(async () => {
  world = await World.start();
  tenant = await world.tenant();
});
afterAll(() => world.stop());

const refresh = (refreshToken: string) => world.auth.api.post('/v1/token/refresh', { refreshToken });

/** Until every verifier has heard: the token is refused with this code. */
async function refused(tokens: Tokens, code = 'token_revoked'): Promise<void> {
  await eventually(
    async () => {
      const { status, body } = await world.auth.api.as(tokens.accessToken).get('/v1/me/sessions');
      expect([status, (body as { code?: string }).code]).toEqual([401, code]);
    },
    { timeoutMs: 6_000 },
  );
}
const accepted = async (tokens: Tokens) =>
  (await world.auth.api.as(tokens.accessToken).get('/v1/me/sessions')).status === 200;

describe('refresh', () => {
  it('gives the next pair in the same session, and the used token is void', async () => {
    const first = await world.tokensOf(await world.person(tenant));
    const { status, body } = await refresh(first.refreshToken);
    expect(status).toBe(200);
    expect(body).toEqual({
      accessToken: expect.any(String),
      tokenType: 'Bearer',
      expiresIn: 600,
      refreshToken: expect.stringMatching(new RegExp(`^${tenant}\\.`)),
    });
    const next = body as Tokens;
    expect(next.refreshToken).not.toBe(first.refreshToken);
    expect(claimsOf(next.accessToken)['sid']).toBe(claimsOf(first.accessToken)['sid']);
    expect(claimsOf(next.accessToken)['jti']).not.toBe(claimsOf(first.accessToken)['jti']);
    expect(await accepted(next)).toBe(true);
  });

  it('takes reuse for theft: the session ends with everything that was issued in it', async () => {
    const person = await world.person(tenant);
    const first = await world.tokensOf(person);
    const other = await world.tokensOf(person);
    const next = (await refresh(first.refreshToken)).body as Tokens;
    expect(await refresh(first.refreshToken)).toMatchObject({ status: 401, body: { code: 'invalid_refresh_token' } });
    expect(await refresh(next.refreshToken)).toMatchObject({ status: 401, body: { code: 'invalid_refresh_token' } });
    await refused(next);
    await refused(first);
    expect(await accepted(other)).toBe(true);
    const ended = (await world.auditOf(tenant, person.user.id)).find(row => row.action === 'session.ended');
    expect(ended?.changes).toMatchObject({ reason: { after: 'refresh_token_reused' } });
  });

  it('of 20 parallel uses of one token lets at most one through, and ends the session', async () => {
    for (let round = 0; round < 3; round++) {
      const tokens = await world.tokensOf(await world.person(tenant));
      const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(tokens.refreshToken)));
      const won = answers.filter(answer => answer.status === 200);
      expect(won.length).toBeLessThanOrEqual(1);
      expect(answers.filter(answer => answer.status === 401)).toHaveLength(20 - won.length);
      for (const { body } of won) {
        expect((await refresh((body as Tokens).refreshToken)).status).toBe(401);
        await refused(body as Tokens);
      }
    }
  });

  it('answers alike whatever is wrong with a token', async () => {
    const other = await world.tenant();
    const { refreshToken } = await world.tokensOf(await world.person(tenant));
    const secret = refreshToken.split('.')[1]!;
    const idle = await world.tokensOf(await world.person(tenant));
    const clock = world.moveClock(86_401);
    const answers = [await refresh(idle.refreshToken)];
    clock.restore();
    for (const token of [`${other}.${secret}`, `nobody.${secret}`, `${tenant}.x`, 'x', `csk_${tenant}.${secret}`]) {
      answers.push(await refresh(token));
    }
    for (const { status, body } of answers) {
      expect([status, (body as { code: string }).code]).toEqual([401, 'invalid_refresh_token']);
    }
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  it('reads roles and status anew', async () => {
    const person = await world.person(tenant, { roles: ['USER'] });
    const tokens = await world.tokensOf(person);
    await world.change(person, { roles: ['USER', 'HELPDESK'] });
    const next = (await refresh(tokens.refreshToken)).body as Tokens;
    expect(claimsOf(next.accessToken)['roles']).toEqual(['USER', 'HELPDESK']);
    await refused(tokens, 'token_stale');
    expect(await accepted(next)).toBe(true);
    await world.change(person, { status: 'disabled' });
    expect((await refresh(next.refreshToken)).status).toBe(401);
    await refused(next);
  });
});

describe('a tenant that is being disabled', () => {
  it('gets no token that its revocation does not reach', async () => {
    const shut = await world.tenant();
    const tokens = await world.tokensOf(await world.person(shut));
    let held = false;
    let commit = () => {};
    const gate = new Promise<void>(resolve => (commit = resolve));
    const createdAt = new Date().toISOString();
    const tenant = { id: shut, name: shut, status: 'disabled' as const, createdAt, version: 2 };
    const disabling = world.uow.run(shut, async tx => {
      await world.auth.app.get(ApplyTenant).execute(tx, { tenant, aggregateVersion: 2 });
      held = true;
      await gate;
    });
    await eventually(() => Promise.resolve(held));
    let answered = false;
    const answer = refresh(tokens.refreshToken).finally(() => (answered = true));
    const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%known_tenant%'`;
    await eventually(async () => answered || (await world.rows(shut, waiting)).length > 0);
    commit();
    await disabling;
    expect((await answer).status).toBe(401);
  });
});

describe('everything at once', () => {
  it('ends in order: refreshes, sign-outs, resets and a disabling meet without a deadlock', async () => {
    const admin = await world.signedIn(tenant, 'ORG_ADMIN');
    for (let round = 0; round < 3; round++) {
      const person = await world.person(tenant);
      const tokens = await Promise.all(Array.from({ length: 6 }, () => world.tokensOf(person)));
      const [first, second] = tokens.map(each => world.auth.api.as(each.accessToken));
      const passwords = { currentPassword: person.password, newPassword: 'seven loud yellow bells' };
      const answers = await Promise.all([
        ...tokens.map(each => refresh(each.refreshToken)),
        first!.post('/v1/me/password', passwords),
        second!.post('/v1/logout/all'),
        admin.api.post(`/v1/users/${person.user.id}/password-reset`),
        world.change(person, { status: 'disabled' }).then(() => ({ status: 204 })),
        ...tokens.map(each => refresh(each.refreshToken)),
      ]);
      expect(answers.map(answer => answer.status).filter(status => status >= 500)).toEqual([]);
      const live = await world.rows(tenant, `select 1 from session where user_id = $1 and ended_at is null`, [
        person.user.id,
      ]);
      expect(live).toEqual([]);
    }
  });
});

describe('signing out', () => {
  it('ends this session only, with and without a JSON header on the empty body', async () => {
    const person = await world.person(tenant);
    const [one, two, three] = [
      await world.tokensOf(person),
      await world.tokensOf(person),
      await world.tokensOf(person),
    ];
    expect(await world.auth.api.as(one.accessToken).post('/v1/logout')).toMatchObject({ status: 204, body: undefined });
    expect((await world.auth.api.as(three.accessToken).post('/v1/logout', '')).status).toBe(204);
    await refused(one);
    expect((await refresh(one.refreshToken)).status).toBe(401);
    expect(await accepted(two)).toBe(true);
    expect((await refresh(two.refreshToken)).status).toBe(200);
  });

  it('everywhere ends all of them, and the next login works at once', async () => {
    const person = await world.person(tenant);
    const [one, two] = [await world.tokensOf(person), await world.tokensOf(person)];
    expect((await world.auth.api.as(one.accessToken).post('/v1/logout/all')).status).toBe(204);
    const next = await world.tokensOf(person);
    await refused(one);
    await refused(two);
    expect((await refresh(two.refreshToken)).status).toBe(401);
    expect(await accepted(next)).toBe(true);
  });

  it('needs a token', async () => {
    expect((await world.auth.api.post('/v1/logout')).status).toBe(401);
    expect((await world.auth.api.as('nonsense').post('/v1/logout')).status).toBe(401);
  });
});

describe('my sessions', () => {
  it('are listed in pages, the youngest first, and ended one by one', async () => {
    const person = await world.person(tenant);
    const tokens: Tokens[] = [];
    for (let i = 0; i < 3; i++) tokens.push(await world.tokensOf(person));
    const api = world.auth.api.as(tokens[0]!.accessToken);
    interface PageOfSessions {
      data: { id: string; current: boolean }[];
      page: { next: string | null; limit: number };
    }
    const first = (await api.get('/v1/me/sessions?limit=2')).body as PageOfSessions;
    expect(first.data).toHaveLength(2);
    expect(first.data[0]).toEqual({
      id: expect.stringMatching(/^ses_/),
      createdAt: expect.any(String),
      lastUsedAt: expect.any(String),
      expiresAt: expect.any(String),
      clientIp: '127.0.0.1',
      userAgent: null,
      amr: ['pwd'],
      acr: 'pwd',
      current: false,
    });
    const second = (await api.get(`/v1/me/sessions?limit=2&cursor=${first.page.next}`)).body as PageOfSessions;
    expect(second.page.next).toBeNull();
    expect([...first.data, ...second.data].map(each => each.id)).toEqual(
      tokens.map(each => claimsOf(each.accessToken)['sid']).reverse(),
    );
    expect(second.data[0]!.current).toBe(true);

    expect((await api.delete(`/v1/me/sessions/${first.data[0]!.id}`)).status).toBe(204);
    expect((await api.delete(`/v1/me/sessions/${first.data[0]!.id}`)).status).toBe(404);
    await refused(tokens[2]!);
    expect(await accepted(tokens[1]!)).toBe(true);
  });

  it("are nobody else's", async () => {
    const mine = await world.signedIn(tenant, 'ORG_ADMIN');
    const theirs = await world.tokensOf(await world.person(tenant));
    const sid = String(claimsOf(theirs.accessToken)['sid']);
    expect((await mine.api.delete(`/v1/me/sessions/${sid}`)).status).toBe(404);
    expect((await mine.api.delete(`/v1/me/sessions/nonsense`)).status).toBe(404);
    expect((await mine.api.get('/v1/me/sessions?limit=0')).status).toBe(400);
    expect((await mine.api.get('/v1/me/sessions?cursor=nonsense')).status).toBe(400);
    for (const [createdAt, id] of [
      ['0000-01-01T00:00:00Z', 'ses_1'],
      ['2026-01-01T00:00:00Z', 'ses_\0'],
    ]) {
      const forged = Buffer.from(JSON.stringify({ createdAt, id })).toString('base64url');
      expect((await mine.api.get(`/v1/me/sessions?cursor=${forged}`)).status).toBe(400);
    }
    expect(await accepted(theirs)).toBe(true);
  });
});
