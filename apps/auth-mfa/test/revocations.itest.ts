import { get, type IncomingMessage } from 'node:http';
import { revocationLineSchema, type RevocationLine } from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { eventually, type TestService } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RevocationRepository } from '../src/revocations/revocation.repository.js';
import { RevokeTokens } from '../src/revocations/revoke-tokens.js';
import { claimsOf, World } from './world.js';

/** Follows the stream of one replica, as libs/platform's Revocations does. */
class Follower {
  readonly lines: RevocationLine[] = [];
  ended = false;

  private constructor(private readonly answer: IncomingMessage) {
    let rest = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      rest += chunk;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
        this.lines.push(revocationLineSchema.parse(JSON.parse(rest.slice(0, end))));
        rest = rest.slice(end + 1);
      }
    });
    answer.on('end', () => (this.ended = true)).on('error', () => undefined);
  }

  static async start(world: World, url: string, cursor = ''): Promise<Follower> {
    const headers = await world.keys.headers('gateway', 'auth-mfa');
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${url}/internal/revocations?cursor=${cursor}`, { headers, agent: false }, resolve).on('error', reject);
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toContain('application/x-ndjson');
    return new Follower(answer);
  }

  get cursor(): string {
    return this.lines.at(-1)!.cursor;
  }

  about(subject: string): number {
    return this.lines.filter(line => line.revocation?.subject === subject).length;
  }

  stop(): void {
    this.answer.destroy();
  }
}

let world: World;
let tenant: TenantId;
const followers: Follower[] = [];

beforeAll(async () => {
  world = await World.start();
  tenant = await world.tenant();
});
afterAll(async () => {
  for (const follower of followers) follower.stop();
  await world.stop();
});

async function follow(cursor = '', url = world.auth.url): Promise<Follower> {
  const follower = await Follower.start(world, url, cursor);
  followers.push(follower);
  return follower;
}
const caughtUp = (follower: Follower) => eventually(() => follower.lines.some(line => line.caughtUp));

/** Revokes in a transaction that commits when `commit` is called. */
async function heldOpen(subject: string, of: TestService = world.auth): Promise<{ commit(): Promise<void> }> {
  const revoke = of.app.get(RevokeTokens);
  let release!: () => void;
  const written = new Promise<void>(resolve => (release = resolve));
  let inserted!: () => void;
  const started = new Promise<void>(resolve => (inserted = resolve));
  const done = of.app.get(UnitOfWork).run(tenant, async tx => {
    await revoke.execute(tx, { kind: 'token', subjects: [subject] });
    inserted();
    await written;
  });
  await started;
  return {
    commit: async () => {
      release();
      await done;
    },
  };
}
const revoke = async (subject: string, of?: TestService) => (await heldOpen(subject, of)).commit();

describe('the revocation stream', () => {
  it('sends what there is, says that it caught up, and then what comes, with heartbeats between', async () => {
    await revoke('before');
    const follower = await follow();
    await caughtUp(follower);
    const end = follower.lines.findIndex(line => line.caughtUp);
    expect(follower.lines.slice(0, end).filter(line => line.revocation?.subject === 'before')).toHaveLength(1);
    await revoke('after');
    await eventually(() => follower.about('after') === 1);
    const seen = follower.lines.length;
    await eventually(() => follower.lines.length > seen && !follower.lines.at(-1)!.revocation);
    expect(follower.lines.find(line => line.revocation?.subject === 'after')).toMatchObject({
      revocation: { kind: 'token', tenantId: tenant, code: 'token_revoked' },
    });
  });

  it('skips nothing that commits late, for followers that stay and for those that come back', async () => {
    const staying = await follow();
    await caughtUp(staying);
    const late = await heldOpen('late');
    await revoke('early');
    await eventually(() => staying.about('early') === 1);
    const leaving = await follow(staying.cursor);
    await caughtUp(leaving);
    leaving.stop();
    await late.commit();
    await eventually(() => staying.about('late') === 1);
    const back = await follow(leaving.cursor);
    await caughtUp(back);
    await eventually(() => back.about('late') > 0);
  });

  it('loses none of many that commit out of order, and tells a follower of each once', async () => {
    const follower = await follow();
    await caughtUp(follower);
    const held = await Promise.all(Array.from({ length: 6 }, (_, i) => heldOpen(`held-${i}`)));
    for (const [i, each] of [...held.entries()].reverse()) {
      await revoke(`between-${i}`);
      await each.commit();
    }
    const subjects = held.flatMap((_, i) => [`held-${i}`, `between-${i}`]);
    await eventually(() => subjects.every(subject => follower.about(subject) > 0));
    await eventually(() => !follower.lines.at(-1)!.revocation);
    for (const subject of subjects) expect(follower.about(subject)).toBe(1);
  });

  it('is the same at every replica, whichever wrote it, and its cursors are good at all of them', async () => {
    const second = await world.replica();
    try {
      const there = await follow('', second.url);
      await caughtUp(there);
      await revoke('written-here');
      await revoke('written-there', second);
      const here = await follow();
      await caughtUp(here);
      for (const subject of ['written-here', 'written-there']) {
        await eventually(() => there.about(subject) > 0 && here.about(subject) > 0);
      }
      const moved = await follow(there.cursor);
      await caughtUp(moved);
      await revoke('after-the-move', second);
      await eventually(() => moved.about('after-the-move') > 0);
    } finally {
      await second.stop();
    }
    // A replica that stops ends its streams instead of leaving them silent.
    expect(followers.filter(follower => follower.ended).length).toBeGreaterThan(0);
  });

  it('starts anew for a cursor that is none, or of another database', async () => {
    await revoke('old');
    for (const cursor of ['nonsense', '999999999999999999']) {
      const follower = await follow(cursor);
      await caughtUp(follower);
      expect(follower.about('old')).toBeGreaterThan(0);
    }
  });

  it('is silent while the database cannot be read: no heartbeat says that nothing was revoked', async () => {
    const follower = await follow();
    await caughtUp(follower);
    const read = vi.spyOn(world.auth.app.get(RevocationRepository), 'readSince').mockRejectedValue(new Error('away'));
    await eventually(() => read.mock.calls.length > 0);
    const seen = follower.lines.length;
    // Eight failed polls are two seconds: two heartbeats would have come.
    await eventually(() => read.mock.calls.length >= 8);
    expect(follower.lines.length).toBe(seen);
    read.mockRestore();
    await eventually(() => follower.lines.length > seen);
  });

  it('is for services only', async () => {
    expect((await world.auth.api.get('/internal/revocations')).status).toBe(401);
    const { api } = await world.signedIn(tenant, 'ORG_ADMIN');
    expect((await api.get('/internal/revocations')).status).toBe(401);
    expect((await (await world.as('operator')).get('/internal/revocations')).status).toBe(403);
  });
});

describe('events of users and tenants', () => {
  const code = async (accessToken: string) =>
    ((await world.auth.api.as(accessToken).get('/v1/me/sessions')).body as { code?: string }).code;
  const refresh = (refreshToken: string) => world.auth.api.post('/v1/token/refresh', { refreshToken });

  it('make tokens stale on a change of roles, and of nothing else', async () => {
    const person = await world.person(tenant, { roles: ['USER', 'AUDITOR'] });
    const tokens = await world.tokensOf(person);
    await world.change(person, { firstName: 'Berta', roles: ['AUDITOR', 'USER'] });
    const [none] = await world.rows(tenant, `select 1 from revocation where subject = $1`, [person.user.id]);
    expect(none).toBeUndefined();
    await world.change(person, { roles: ['USER'] });
    await eventually(async () => expect(await code(tokens.accessToken)).toBe('token_stale'));
    expect((await refresh(tokens.refreshToken)).status).toBe(200);
  });

  it('apply by version: a late one changes nothing', async () => {
    const person = await world.person(tenant, { roles: ['USER'] });
    await world.change(person, { roles: ['USER', 'AUDITOR'] });
    const stale = { ...person.user, roles: ['ORG_ADMIN' as const], version: 1 };
    await world.sendUser(tenant, stale);
    const marker = await world.person(tenant);
    await eventually(async () => {
      const rows = await world.rows(tenant, `select 1 from inbox where handler = 'project-user'`);
      expect(rows.length).toBeGreaterThan(0);
    });
    await world.change(marker, { roles: ['AUDITOR'] });
    expect(claimsOf((await world.tokensOf(person)).accessToken)['roles']).toEqual(['USER', 'AUDITOR']);
  });

  it('end everything of a disabled user, who may sign in again once enabled', async () => {
    const person = await world.person(tenant);
    const tokens = await world.tokensOf(person);
    await world.change(person, { status: 'disabled' });
    await eventually(async () => expect(await code(tokens.accessToken)).toBe('token_revoked'));
    expect((await refresh(tokens.refreshToken)).status).toBe(401);
    expect((await world.logIn(person)).status).toBe(401);
    await world.change(person, { status: 'active' });
    expect(await code((await world.tokensOf(person)).accessToken)).toBeUndefined();
    expect((await refresh(tokens.refreshToken)).status).toBe(401);
  });

  it('erase the passwords of a deleted user, and its login is free again', async () => {
    const person = await world.person(tenant);
    const tokens = await world.tokensOf(person);
    await world.change(person, { status: 'deleted' });
    await eventually(async () => expect(await code(tokens.accessToken)).toBe('token_revoked'));
    for (const table of ['credential', 'password_history', 'unconfirmed_credential']) {
      expect(await world.rows(tenant, `select 1 from ${table} where user_id = $1`, [person.user.id])).toEqual([]);
    }
    const next = await world.person(tenant, { login: person.login });
    expect((await world.logIn(next)).status).toBe(200);
  });

  it('void every token of a disabled tenant: of people, keys and endpoints', async () => {
    const shut = await world.tenant();
    const admin = await world.signedIn(shut, 'ORG_ADMIN');
    const dispatcher = await world.as('webhook-dispatcher', shut);
    const body = { endpointId: 'ep_1', roles: ['AUDITOR'], ttlSeconds: 3600 };
    const endpoint = (await dispatcher.post('/internal/endpoint-tokens', body)).body as { accessToken: string };
    await world.disableTenant(shut);
    for (const token of [admin.tokens.accessToken, endpoint.accessToken]) {
      await eventually(async () => expect(await code(token)).toBe('token_revoked'));
    }
    expect((await refresh(admin.tokens.refreshToken)).status).toBe(401);
    expect((await world.logIn(admin.person)).status).toBe(401);
    expect((await dispatcher.post('/internal/endpoint-tokens', body)).status).toBe(403);
  });
});
