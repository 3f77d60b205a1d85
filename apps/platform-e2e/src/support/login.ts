import type { ApiClient } from './api.js';
import { expectStatus } from './problem.js';

export interface Tokens {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly expiresIn: number;
  readonly refreshToken: string;
}

export interface LoginState {
  readonly transaction: string;
  readonly expiresAt: string;
  readonly state: 'PASSWORD_CHANGE_DUE' | 'ENROLL_DUE' | 'CHALLENGE_DUE' | 'DONE';
  readonly tokens?: Tokens;
}

export interface Credentials {
  readonly tenant: string;
  readonly login: string;
  readonly password: string;
}

export async function startLogin(api: ApiClient, credentials: Credentials): Promise<LoginState> {
  return expectStatus(await api.post<LoginState>('/v1/login', credentials), 200).body;
}

/** Logs in with a password that the user chose itself. */
export async function logIn(api: ApiClient, credentials: Credentials): Promise<Tokens> {
  const state = await startLogin(api, credentials);
  if (!state.tokens) throw new Error(`the login ended in ${state.state}`);
  return state.tokens;
}

/** Logs in with a one-time password and changes it. */
export async function logInFirst(api: ApiClient, credentials: Credentials, newPassword: string): Promise<Tokens> {
  const { transaction, state } = await startLogin(api, credentials);
  if (state !== 'PASSWORD_CHANGE_DUE') throw new Error(`a one-time password led to ${state}`);
  const body = { transaction, newPassword };
  const changed = expectStatus(await api.post<LoginState>('/v1/login/password', body), 200).body;
  if (!changed.tokens) throw new Error(`the login ended in ${changed.state}`);
  return changed.tokens;
}

export type Claims = Readonly<Record<string, unknown>>;

function part(jwt: string, index: number): Claims {
  return JSON.parse(Buffer.from(jwt.split('.')[index] ?? '', 'base64url').toString('utf8')) as Claims;
}

export function headerOf(jwt: string): Claims {
  return part(jwt, 0);
}

export function claimsOf(jwt: string): Claims {
  return part(jwt, 1);
}
