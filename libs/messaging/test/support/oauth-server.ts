import { createSign, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OauthServer {
  readonly tokenUrl: string;
  readonly jwksUrl: string;
  /** Tokens that it has given. */
  readonly given: () => number;
  close(): Promise<void>;
}

export const CLIENT = { id: 'countersign', secret: 'for tests: & only' };

/** An authorization server with the client credentials grant (RFC 6749, section 4.4) whose tokens are JWTs of RS256. */
export async function startOauthServer(expiresIn = 300): Promise<OauthServer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }] };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = () => {
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: 'test', sub: CLIENT.id, aud: 'kafka', iat: now, exp: now + expiresIn, scope: 'bus' };
    const signed = `${part({ alg: 'RS256', kid: 'one', typ: 'JWT' })}.${part(claims)}`;
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
  };
  const encoded = `${encodeURIComponent(CLIENT.id)}:${encodeURIComponent(CLIENT.secret)}`;
  const expected = `Basic ${Buffer.from(encoded).toString('base64')}`;
  let given = 0;
  const server = createServer((request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.url === '/jwks') return answer(200, jwks);
    let body = '';
    request.on('data', chunk => (body += String(chunk)));
    request.on('end', () => {
      const form = new URLSearchParams(body);
      if (request.headers.authorization !== expected) return answer(401, { error: 'invalid_client' });
      if (form.get('grant_type') !== 'client_credentials') return answer(400, { error: 'unsupported_grant_type' });
      given++;
      return answer(200, { access_token: token(), token_type: 'bearer', expires_in: expiresIn });
    });
    return undefined;
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    tokenUrl: `${base}/token`,
    jwksUrl: `${base}/jwks`,
    given: () => given,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
