import { readFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { ApiClient } from './api-client.js';

interface FirstLogin {
  tenant: string;
  login: string;
  oneTimePassword: string;
}

interface LoginState {
  transaction: string;
  tokens?: { accessToken: string };
}

/** Logs in with the one-time password of a new platform and changes it, as the administrator has to. */
export async function logIn(baseUrl: string, firstLoginFile: string): Promise<ApiClient> {
  const first = JSON.parse(await readFile(firstLoginFile, 'utf8')) as FirstLogin;
  const anonymous = new ApiClient(baseUrl);
  try {
    const { transaction } = await anonymous.send<LoginState>('POST', '/v1/login', 200, {
      tenant: first.tenant,
      login: first.login,
      password: first.oneTimePassword,
    });
    const newPassword = `Aa1!${randomBytes(18).toString('base64url')}`;
    const { tokens } = await anonymous.send<LoginState>('POST', '/v1/login/password', 200, {
      transaction,
      newPassword,
    });
    if (!tokens) throw new Error('The changed password gave no token');
    return new ApiClient(baseUrl, tokens.accessToken);
  } finally {
    await anonymous.close();
  }
}
