import { DomainError } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { ApiKeys } from './api-keys.js';

const KEY = 'csk_acme.0123456789abcdef';

/** auth-mfa as a question that counts how often it is asked. */
function authority(answer: (asked: number) => unknown) {
  const clock = { ms: Date.parse('2026-01-01T00:00:00Z') };
  const calls: unknown[] = [];
  const client = {
    call: async (call: { body?: unknown }) => {
      calls.push(call.body);
      await Promise.resolve();
      return answer(calls.length) as never;
    },
  };
  return { clock, calls, keys: new ApiKeys(client, 3, () => clock.ms) };
}

const issued = (seconds: number) => ({
  accessToken: 'jwt',
  expiresAt: new Date(Date.parse('2026-01-01T00:00:00Z') + seconds * 1000).toISOString(),
});

describe('ApiKeys', () => {
  it('keeps an exchange for 60 s at most', async () => {
    const { keys, calls, clock } = authority(() => issued(3600));
    expect(keys.isKnown(KEY)).toBe(false);
    expect(await keys.tokenOf(KEY)).toBe('jwt');
    expect(keys.isKnown(KEY)).toBe(true);
    clock.ms += 59_999;
    await keys.tokenOf(KEY);
    expect(calls).toEqual([{ key: KEY }]);
    clock.ms += 1;
    expect(keys.isKnown(KEY)).toBe(false);
    await keys.tokenOf(KEY);
    expect(calls).toHaveLength(2);
  });

  it('asks again before the token runs out', async () => {
    const { keys, calls, clock } = authority(() => issued(60));
    await keys.tokenOf(KEY);
    clock.ms += 55_000;
    await keys.tokenOf(KEY);
    expect(calls).toHaveLength(2);
  });

  it('asks once for many calls at the same time', async () => {
    const { keys, calls } = authority(() => issued(60));
    await Promise.all(Array.from({ length: 50 }, () => keys.tokenOf(KEY)));
    expect(calls).toHaveLength(1);
  });

  it('keeps a refusal for 5 s', async () => {
    const { keys, calls, clock } = authority(() => undefined);
    expect(await keys.tokenOf(KEY)).toBeUndefined();
    expect(await keys.tokenOf(KEY)).toBeUndefined();
    expect(calls).toHaveLength(1);
    clock.ms += 5_000;
    await keys.tokenOf(KEY);
    expect(calls).toHaveLength(2);
  });

  it('keeps no failure', async () => {
    const away = new DomainError('service_unavailable', 'unavailable', 'away');
    const { keys } = authority(asked => {
      if (asked === 1) throw away;
      return issued(60);
    });
    await expect(keys.tokenOf(KEY)).rejects.toBe(away);
    expect(await keys.tokenOf(KEY)).toBe('jwt');
  });

  it('never asks about what is no key', async () => {
    const { keys, calls } = authority(() => issued(60));
    for (const text of [
      'csk_',
      'csk_acme',
      'csk_acme.short',
      'csk_ACME.0123456789abcdef',
      `csk_acme.${'x'.repeat(300)}`,
      'csk_acme.a b c d e f g h',
    ]) {
      expect(await keys.tokenOf(text)).toBeUndefined();
      expect(keys.isKnown(text)).toBe(true);
    }
    expect(calls).toEqual([]);
  });

  it('forgets on demand, and the oldest when there are too many', async () => {
    const { keys, calls } = authority(() => issued(60));
    await keys.tokenOf(KEY);
    keys.forget(KEY);
    await keys.tokenOf(KEY);
    expect(calls).toHaveLength(2);
    for (const n of [1, 2, 3]) await keys.tokenOf(`csk_acme.0123456789abcde-${n}`);
    expect(keys.isKnown(KEY)).toBe(false);
    expect(keys.isKnown('csk_acme.0123456789abcde-1')).toBe(true);
  });
});
