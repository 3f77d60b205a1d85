import { describe, expect, it } from 'vitest';
import { nextLoginStep, type FactorToSetUp, type OfferedFactor, type Owed } from './login-state.js';

const nothing: Owed = { passwordChange: false, challenge: [], setUp: [] };
const phone: OfferedFactor = { id: 'fac_1', type: 'sms', label: 'Phone', hint: '••12' };
const totp: FactorToSetUp = { type: 'totp', required: true, position: 1 };
const push: FactorToSetUp = { type: 'push', required: true, position: 2 };

describe('next step of a login', () => {
  it('is DONE when nothing is owed', () => {
    expect(nextLoginStep(nothing)).toEqual({ state: 'DONE' });
  });

  it('replaces a one-time password before anything else', () => {
    expect(nextLoginStep({ passwordChange: true, challenge: [phone], setUp: [totp] }).state).toBe(
      'PASSWORD_CHANGE_DUE',
    );
  });

  it('asks for a factor that the user has before it lets another one be set up', () => {
    expect(nextLoginStep({ ...nothing, challenge: [phone], setUp: [totp] })).toEqual({
      state: 'CHALLENGE_DUE',
      factors: [phone],
    });
  });

  it('lists what is to be set up in its order', () => {
    expect(nextLoginStep({ ...nothing, setUp: [push, totp] })).toEqual({ state: 'ENROLL_DUE', factors: [totp, push] });
  });

  it('is total and never DONE while something is owed', () => {
    for (const passwordChange of [true, false])
      for (const challenge of [[], [phone]])
        for (const setUp of [[], [totp]]) {
          const owes = passwordChange || challenge.length > 0 || setUp.length > 0;
          expect(nextLoginStep({ passwordChange, challenge, setUp }).state === 'DONE').toBe(!owes);
        }
  });
});
