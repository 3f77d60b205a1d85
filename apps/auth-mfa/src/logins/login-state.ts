/** Every factor type of the platform (api.md). */
export const FACTOR_TYPES = [
  'totp',
  'totp_external',
  'push',
  'sms',
  'email',
  'webauthn',
  'recovery',
  'one_time_pass',
  'password',
] as const;
export type FactorType = (typeof FACTOR_TYPES)[number];

/** A factor that the user may prove now. `hint` never shows a whole number or address. */
export interface OfferedFactor {
  id: string;
  type: FactorType;
  label: string;
  hint: string | null;
}

/** A factor that the user has to set up, in the order of `position`. */
export interface FactorToSetUp {
  type: FactorType;
  required: boolean;
  position: number;
}

/** What a login still owes after the password was right; the policy and the user's factors say so. */
export interface Owed {
  /** The password was set by somebody else. */
  passwordChange: boolean;
  /** Factors of which one has to be proved; empty = none is needed, or one was proved in this login. */
  challenge: readonly OfferedFactor[];
  /** Required factors that are not set up. */
  setUp: readonly FactorToSetUp[];
}

export type LoginStep =
  | { state: 'PASSWORD_CHANGE_DUE' }
  | { state: 'CHALLENGE_DUE'; factors: readonly OfferedFactor[] }
  | { state: 'ENROLL_DUE'; factors: readonly FactorToSetUp[] }
  | { state: 'DONE' };

export type LoginState = LoginStep['state'];

/**
 * The next step of a login, from what it owes alone. The order is api.md's: a one-time password is replaced first; who has
 * a factor proves it before it may set up another one, so a stolen password never suffices to add a factor; who owes
 * nothing is done.
 */
export function nextLoginStep(owed: Owed): LoginStep {
  if (owed.passwordChange) return { state: 'PASSWORD_CHANGE_DUE' };
  if (owed.challenge.length > 0) return { state: 'CHALLENGE_DUE', factors: owed.challenge };
  if (owed.setUp.length > 0) {
    return { state: 'ENROLL_DUE', factors: [...owed.setUp].sort((a, b) => a.position - b.position) };
  }
  return { state: 'DONE' };
}
