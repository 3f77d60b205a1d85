import type { TenantId } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FREE_FAILURES, LOGIN_BUCKET } from '../src/back-off/back-off.js';
import { PasswordHasher } from '../src/credentials/password-hasher.js';
import { World, type KnownPerson } from './world.js';

let world: World;
let tenant: TenantId;

beforeAll(async () => {
  world = await World.start();
  tenant = await world.tenant();
});
afterAll(() => world.stop());

const wrong = { password: 'not the password' };

async function fail(person: KnownPerson, address: string, times: number): Promise<number[]> {
  const api = await world.from(address);
  const statuses: number[] = [];
  for (let i = 0; i < times; i++) statuses.push((await world.logIn({ ...person, ...wrong }, api)).status);
  return statuses;
}

describe('back-off of one network', () => {
  it('answers 429 with Retry-After before any hashing, also to the right password, and never 423', async () => {
    const person = await world.person(tenant);
    expect(await fail(person, '203.0.113.9', FREE_FAILURES)).toEqual(Array(FREE_FAILURES).fill(401));
    const verify = vi.spyOn(world.auth.app.get(PasswordHasher), 'verify');
    const held = await world.logIn(person, await world.from('203.0.113.200'));
    expect(held.status).toBe(429);
    expect(held.body).toMatchObject({ code: 'too_many_attempts' });
    expect(Number(held.headers['retry-after'])).toBeGreaterThan(20);
    expect(Number(held.headers['retry-after'])).toBeLessThanOrEqual(30);
    expect(verify).not.toHaveBeenCalled();
    verify.mockRestore();
    // Another network is another matter.
    expect((await world.logIn(person, await world.from('203.0.114.9'))).status).toBe(200);
  });

  it('lets one attempt through after the wait, and a success ends it', async () => {
    const person = await world.person(tenant);
    await fail(person, '203.0.115.9', FREE_FAILURES);
    const clock = world.moveClock(31);
    expect((await world.logIn(person, await world.from('203.0.115.9'))).status).toBe(200);
    clock.restore();
    expect(await fail(person, '203.0.115.9', 1)).toEqual([401]);
  });

  it('holds up logins and tenants that do not exist in the same way', async () => {
    for (const ghost of [
      { tenant, login: 'ghost-of-nobody' },
      { tenant: 'ghost-tenant' as TenantId, login: 'anna' },
      { tenant: 'NOT A SLUG' as TenantId, login: 'anna' },
    ]) {
      const statuses = await fail({ ...ghost, password: 'x' } as KnownPerson, '2001:db8:0:1200::7', FREE_FAILURES + 1);
      expect(statuses).toEqual([...Array<number>(FREE_FAILURES).fill(401), 429]);
    }
  });

  it('counts parallel attempts one by one: no more outcomes are told than are free', async () => {
    const person = await world.person(tenant);
    const api = await world.from('203.0.116.9');
    const answers = await Promise.all(Array.from({ length: 40 }, () => world.logIn({ ...person, ...wrong }, api)));
    const told = answers.filter(answer => answer.status === 401).length;
    expect(told).toBe(FREE_FAILURES);
    expect(answers.filter(answer => answer.status === 429)).toHaveLength(40 - told);
  });

  it('keeps neither login nor address in clear', async () => {
    const rows = JSON.stringify(await world.rows(tenant, `select * from login_back_off`));
    expect(rows).not.toMatch(/ghost|203\.0|person-/);
  });

  it('holds wrong guesses at the current password of a signed-in person up too', async () => {
    const { api, person } = await world.signedIn(tenant, 'USER');
    const from = api.with({
      ...(await world.keys.headers('gateway', 'auth-mfa')),
      'x-countersign-client': '203.0.118.1',
    });
    const guess = { currentPassword: 'not the password', newPassword: 'seven loud yellow bells' };
    for (let i = 0; i < FREE_FAILURES; i++) {
      const { status, body } = await from.post('/v1/me/password', guess);
      expect([status, body]).toMatchObject([
        422,
        { errors: [{ pointer: '/currentPassword', code: 'wrong_password' }] },
      ]);
    }
    expect((await from.post('/v1/me/password', guess)).status).toBe(429);
    const noted = (await world.auditOf(tenant, person.user.id)).filter(row => row.action === 'password.change_refused');
    expect(noted).toHaveLength(FREE_FAILURES);
    expect(noted[0]).toMatchObject({ actor: { type: 'user', id: person.user.id }, clientIp: '203.0.118.1' });
    expect((await world.logIn(person, await world.from('203.0.118.77'))).status).toBe(429);
  });
});

describe('bucket of a login', () => {
  it('holds strangers up after 100 failures an hour, and exempts whoever had a success lately', async () => {
    const person = await world.person(tenant);
    const home = await world.from('198.51.100.1');
    expect((await world.logIn(person, home)).status).toBe(200);
    const perNetwork = FREE_FAILURES - 1;
    const networks = Math.ceil(LOGIN_BUCKET / perNetwork);
    for (let i = 0; i < networks; i++) await fail(person, `192.0.${i}.1`, perNetwork);
    const stranger = await world.logIn(person, await world.from('192.0.250.1'));
    expect(stranger.status).toBe(429);
    expect(Number(stranger.headers['retry-after'])).toBeGreaterThan(3000);
    expect((await world.logIn(person, home)).status).toBe(200);

    const hour = world.moveClock(3601);
    expect((await world.logIn(person, await world.from('192.0.250.1'))).status).toBe(200);
    hour.restore();
  });
});

describe('overload', () => {
  it('answers 503 overloaded at once, and counts nothing against the login', async () => {
    const small = await World.start({ PASSWORD_HASH_CONCURRENCY: '1', PASSWORD_HASH_QUEUE: '1' });
    try {
      const own = await small.tenant();
      const person = await small.person(own);
      const answers = await Promise.all(Array.from({ length: 30 }, () => small.logIn({ ...person, ...wrong })));
      const refused = answers.filter(answer => answer.status === 503);
      expect(refused.length).toBeGreaterThan(0);
      expect(refused[0]).toMatchObject({ body: { code: 'overloaded' }, headers: { 'retry-after': '1' } });
      const [row] = await small.rows<{ failures: number }>(
        own,
        `select failures from login_back_off where length(network_mac) > 0`,
      );
      const told = answers.filter(answer => answer.status === 401).length;
      expect(row!.failures).toBe(told);
      const metrics = await (await fetch(`${small.auth.managementUrl}/metrics`)).text();
      expect(metrics).toMatch(new RegExp(`^auth_logins_total\\{.*outcome="refused".*\\} ${told}$`, 'm'));
      expect(metrics).toMatch(new RegExp(`^auth_password_hashing_refused_total(\\{.*\\})? ${refused.length}$`, 'm'));
      expect(metrics).toMatch(/^auth_password_hashing_calls(\{.*\})? 0$/m);
    } finally {
      await small.stop();
    }
  });
});
