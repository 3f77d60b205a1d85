import { randomUUID } from 'node:crypto';
import { ACCESS_TOKEN_AUDIENCE, ACCESS_TOKEN_TYPE, type AccessTokenClaims } from '@countersign/contracts';
import { newId } from '@countersign/kernel';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

/** What a test says of a token; the rest is made up. Times are in seconds since the epoch. */
export type TokenClaims = Partial<AccessTokenClaims> & Pick<AccessTokenClaims, 'tenantId'>;

interface SigningKey {
  kid: string;
  key: CryptoKey;
}

/** Signs access tokens as auth-mfa does: ES256, `typ` at+jwt, keys that can be rotated. */
export class TokenIssuer {
  private readonly published: JWK[] = [];
  private current!: SigningKey;
  private next!: SigningKey;

  private constructor(readonly issuer: string) {}

  static async create(issuer: string): Promise<TokenIssuer> {
    const created = new TokenIssuer(issuer);
    created.next = await created.publishKey();
    await created.rotate();
    return created;
  }

  get jwks(): { keys: JWK[] } {
    return { keys: [...this.published] };
  }

  /** Signs with the next key, which verifiers have known since the last rotation; the older ones stay published. */
  async rotate(): Promise<void> {
    this.current = this.next;
    this.next = await this.publishKey();
  }

  /** A token of 15 minutes; by default of an ORG_ADMIN, whose login is `admin`. */
  async token(given: TokenClaims): Promise<string> {
    const iat = given.iat ?? Math.floor(Date.now() / 1000);
    const claims: AccessTokenClaims = {
      sub: 'admin',
      delegatee: null,
      delegateeId: null,
      firstLogin: false,
      roles: ['ORG_ADMIN'],
      userId: newId('usr'),
      iss: this.issuer,
      aud: ACCESS_TOKEN_AUDIENCE,
      jti: newId('tkn'),
      sid: newId('ses'),
      amr: ['pwd'],
      acr: '1',
      auth_time: iat,
      iat,
      exp: iat + 900,
      ...given,
    };
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: ACCESS_TOKEN_TYPE, kid: this.current.kid })
      .sign(this.current.key);
  }

  private async publishKey(): Promise<SigningKey> {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const kid = randomUUID();
    this.published.push({ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' });
    return { kid, key: privateKey };
  }
}
