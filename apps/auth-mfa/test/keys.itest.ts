import type { TenantId } from '@countersign/kernel';
import { EnvelopeEncryption } from '@countersign/platform';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SweepExpired } from '../src/maintenance/sweep-expired.js';
import { SigningKeys } from '../src/tokens/signing-keys.js';
import { ROTATE_AFTER_SECONDS } from '../src/tokens/key-schedule.js';
import { World } from './world.js';

let world: World;
let tenant: TenantId;

beforeAll(async () => {
  world = await World.start();
  tenant = await world.tenant();
});
afterAll(() => world.stop());

async function published(url = world.auth.url): Promise<JSONWebKeySet> {
  const answer = await fetch(`${url}/.well-known/jwks.json`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as JSONWebKeySet;
}
const kids = async (url?: string) => (await published(url)).keys.map(key => key.kid);
const kept = () =>
  world.uow.system('test', tx =>
    tx.query<{ kid: string; purpose: string; secret_sealed: Buffer; active_from: Date }>(
      `select * from signing_key order by active_from`,
    ),
  );
const tokenOf = async () => (await world.tokensOf(await world.person(tenant))).accessToken;

describe('the published keys', () => {
  it('are the one that signs and the next, without a private part, and verify tokens anywhere', async () => {
    const jwks = await published();
    expect(jwks.keys).toHaveLength(2);
    for (const key of jwks.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
    }
    const { payload } = await jwtVerify(await tokenOf(), createLocalJWKSet(jwks), {
      algorithms: ['ES256'],
      audience: 'countersign',
      typ: 'at+jwt',
    });
    expect(payload['tenantId']).toBe(tenant);
  });

  it('are sealed at rest', async () => {
    for (const key of await kept()) {
      expect(EnvelopeEncryption.keyIdOf(key.secret_sealed)).toBe('test-1');
      expect(key.secret_sealed.toString('latin1')).not.toContain('"d":');
    }
  });

  it('are made once, however many replicas start at the same time', async () => {
    const before = await kids();
    const replicas = await Promise.all([world.replica(), world.replica(), world.replica()]);
    try {
      for (const replica of replicas) expect(await kids(replica.url)).toEqual(before);
      // As at the first boot: none is there, and all of them look at the same time.
      await world.uow.system('test', tx => tx.query('delete from signing_key'));
      const apps = [world.auth, ...replicas].map(replica => replica.app.get(SigningKeys));
      await Promise.all([...apps, ...apps].map(keys => keys.maintain()));
      expect((await kept()).map(key => key.purpose).sort()).toEqual(['access_token', 'access_token', 'back_off']);
      const now = await kids();
      expect(now).not.toEqual(before);
      for (const replica of replicas) expect(await kids(replica.url)).toEqual(now);
      const current = await Promise.all(apps.map(keys => keys.current()));
      expect(new Set(current.map(key => key.kid)).size).toBe(1);
    } finally {
      for (const replica of replicas) await replica.stop();
    }
  });
});

describe('sweeping', () => {
  it('deletes what has expired, and keeps what still counts', async () => {
    const person = await world.person(tenant);
    await world.tokensOf(person);
    await world.logIn({ ...person, password: 'not the password' });
    const count = async (table: string) =>
      (await world.rows<{ n: number }>(tenant, `select count(*)::int as n from ${table}`))[0]!.n;
    const tables = ['session', 'refresh_token', 'login_transaction', 'login_back_off'];
    const sweep = world.auth.app.get(SweepExpired);
    const before = await Promise.all(tables.map(count));
    expect(Math.min(...before)).toBeGreaterThan(0);
    await sweep.execute();
    expect(await Promise.all(tables.map(count))).toEqual(before);
    const later = world.moveClock(40 * 86_400);
    await sweep.execute();
    later.restore();
    expect(await Promise.all(tables.map(count))).toEqual([0, 0, 0, 0]);
  });
});

describe('rotation', () => {
  it('by the calendar signs with the published next key and keeps the old one while its tokens live', async () => {
    const keys = world.auth.app.get(SigningKeys);
    const [old, next] = await kids();
    expect((await keys.current()).kid).toBe(old);
    const day90 = world.moveClock(ROTATE_AFTER_SECONDS + 60);
    expect((await keys.current()).kid).toBe(next);
    await keys.maintain();
    const three = await kids();
    expect(three).toHaveLength(3);
    expect(three).toContain(old);
    day90.restore();
    const day92 = world.moveClock(ROTATE_AFTER_SECONDS + 2 * 86_400);
    await keys.maintain();
    expect(await kids()).toEqual(three.filter(kid => kid !== old));
    day92.restore();
  });

  it('by the operator changes over at once; tokens signed before stay good, new ones too', async () => {
    const own = await World.start();
    try {
      const mine = await own.tenant();
      const before = (await own.tokensOf(await own.person(mine))).accessToken;
      const operator = await own.as('operator');
      expect((await operator.post('/internal/keys/rotate')).body).toMatchObject({ code: 'key_too_new' });
      const later = own.moveClock(120);
      const rotated = await operator.post('/internal/keys/rotate');
      later.restore();
      expect(rotated.status).toBe(200);
      // The clock went back: what the rotation scheduled begins in two minutes.
      const ahead = own.moveClock(121);
      const after = (await own.tokensOf(await own.person(mine))).accessToken;
      ahead.restore();
      expect(decodeProtectedHeader(after).kid).toBe((rotated.body as { kid: string }).kid);
      expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
      for (const token of [before, after]) {
        expect((await own.auth.api.as(token).get('/v1/me/sessions')).status).toBe(200);
      }
      expect((await operator.post('/internal/keys/rotate')).status).toBe(409);
      expect((await (await own.as('gateway')).post('/internal/keys/rotate')).status).toBe(403);
      expect((await operator.post('/internal/keys/reencrypt')).body).toEqual({ resealed: 0 });
    } finally {
      await own.stop();
    }
  });
});
