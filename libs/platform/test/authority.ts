import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessTokenClaims, Revocation } from '@countersign/contracts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ServiceTokens } from '../src/index.js';

export const ISSUER = 'http://issuer.test';

/** An auth-mfa of the test: publishes keys, streams revocations, signs tokens; and the key files of the services around it. */
export async function startAuthority(services: string[]) {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  const streams = new Set<ServerResponse>();
  let cursor = 0;
  const line = (rest: object) => `${JSON.stringify({ cursor: String(cursor), ...rest })}\n`;
  const server = createServer((request, response) => {
    if (request.url === '/.well-known/jwks.json') {
      response.end(JSON.stringify({ keys: [jwk] }));
      return;
    }
    streams.add(response.on('close', () => streams.delete(response)));
    response.write(line({ caughtUp: true }));
  });
  const beat = setInterval(() => streams.forEach(stream => stream.write(line({}))), 300);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));

  const folder = mkdtempSync(join(tmpdir(), 'countersign-platform-'));
  const publicKeys: Record<string, object> = {};
  const privateFiles: Record<string, string> = {};
  for (const service of services) {
    const own = await generateKeyPair('ES256', { extractable: true });
    publicKeys[service] = await exportJWK(own.publicKey);
    privateFiles[service] = join(folder, `${service}.json`);
    writeFileSync(privateFiles[service], JSON.stringify(await exportJWK(own.privateKey)));
  }
  const keysFile = join(folder, 'services.json');
  writeFileSync(keysFile, JSON.stringify(publicKeys));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    folder,
    keysFile,
    privateFiles,
    serviceTokens: (service: string) => ServiceTokens.fromFiles(service, keysFile, privateFiles[service]!),
    token: (claims: Partial<AccessTokenClaims>, header: { typ?: string; kid?: string } = {}) =>
      new SignJWT({
        sub: 'ada',
        userId: 'usr_ada',
        tenantId: 'acme',
        roles: ['USER'],
        delegatee: null,
        delegateeId: null,
        firstLogin: false,
        jti: randomUUID(),
        sid: 'ses_1',
        amr: ['pwd'],
        acr: 'pwd',
        iss: ISSUER,
        aud: 'countersign',
        ...claims,
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...header })
        .setIssuedAt()
        .setExpirationTime(claims.exp ?? '5m')
        .sign(pair.privateKey),
    revoke: (revocation: Revocation) => {
      cursor += 1;
      streams.forEach(stream => stream.write(line({ revocation })));
    },
    /** From now on nothing is heard of it, as if the network had swallowed it. */
    fallSilent: () => clearInterval(beat),
    close: async () => {
      clearInterval(beat);
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
export type Authority = Awaited<ReturnType<typeof startAuthority>>;
