import { describe, expect, it } from 'vitest';
import { applyHookAnswer } from './apply-hook-answer.js';
import { newUser } from './user-state.js';

const user = newUser(
  'usr_1',
  'anna',
  { firstName: 'A', lastName: 'L', country: 'India', attributes: { floor: 1, badge: 'x' } },
  new Date(0),
);

describe('applyHookAnswer', () => {
  it('takes attributes, null clears, custom attributes are merged one by one', () => {
    expect(
      applyHookAnswer(user, { country: null, email: 'a@b.cd', attributes: { floor: 2, badge: null } }),
    ).toMatchObject({
      country: null,
      email: 'a@b.cd',
      firstName: 'A',
      attributes: { floor: 2 },
    });
  });

  it.each([
    [{ firstName: null }, '/firstName'],
    [{ email: 'nobody' }, '/email'],
    [{ mobile: '123' }, '/mobile'],
    [{ login: 'other' }, '/login'],
    [{ roles: ['ORG_ADMIN'] }, '/roles'],
    [{ status: 'disabled' }, '/status'],
    [{ provisionedApps: {} }, '/provisionedApps'],
    [{ attributes: { floor: [] } }, '/attributes/floor'],
    [{ country: 'a\0' }, '/country'],
  ])('refuses %j', (changes, pointer) => {
    expect(() => applyHookAnswer(user, changes)).toThrow(
      expect.objectContaining({ code: 'validation_failed', errors: [expect.objectContaining({ pointer })] }) as Error,
    );
  });
});
