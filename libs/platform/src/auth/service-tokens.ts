import { readFileSync } from 'node:fs';
import { SERVICE_TOKEN_TYPE } from '@countersign/contracts';
import { DomainError } from '@countersign/kernel';
import { importJWK, jwtVerify, SignJWT, type CryptoKey, type JWK } from 'jose';

export const SERVICE_HEADER = 'x-countersign-service';
export const TENANT_HEADER = 'x-countersign-tenant';
export const CLIENT_HEADER = 'x-countersign-client';
/** `<actor type>:<id>` on whose behalf a service calls another. */
export const ACTOR_HEADER = 'x-countersign-actor';
const LIFE_SECONDS = 60;

/**
 * The calling service's own proof (architecture: `svc+jwt`, ES256, iss = caller, aud = callee, 60 s). A token is signed once
 * per callee and half-life; a verified one is remembered until it expires, so no call pays for a signature.
 */
export class ServiceTokens {
  private readonly issued = new Map<string, { token: string; renewAt: number; renewAtSteady: number }>();
  private readonly verified = new Map<string, { caller: string; expiresAt: number }>();

  private constructor(
    private readonly service: string,
    private readonly privateKey: CryptoKey | Uint8Array,
    private readonly publicKeys: ReadonlyMap<string, CryptoKey | Uint8Array>,
  ) {}

  static async fromFiles(service: string, keysFile: string, privateKeyFile: string): Promise<ServiceTokens> {
    const publicJwks = JSON.parse(readFileSync(keysFile, 'utf8')) as Record<string, JWK>;
    const privateJwk = JSON.parse(readFileSync(privateKeyFile, 'utf8')) as JWK;
    return ServiceTokens.fromJwks(service, publicJwks, privateJwk);
  }

  static async fromJwks(service: string, publicJwks: Record<string, JWK>, privateJwk: JWK): Promise<ServiceTokens> {
    const keys = new Map<string, CryptoKey | Uint8Array>();
    for (const [name, jwk] of Object.entries(publicJwks)) keys.set(name, await importJWK(jwk, 'ES256'));
    return new ServiceTokens(service, await importJWK(privateJwk, 'ES256'), keys);
  }

  async tokenFor(callee: string): Promise<string> {
    const now = Date.now();
    const known = this.issued.get(callee);
    // By both clocks: one that is set back must not keep a token beyond its life.
    if (known && now < known.renewAt && performance.now() < known.renewAtSteady) return known.token;
    const token = await new SignJWT()
      .setProtectedHeader({ alg: 'ES256', typ: SERVICE_TOKEN_TYPE, kid: this.service })
      .setIssuer(this.service)
      .setAudience(callee)
      .setIssuedAt()
      .setExpirationTime(`${LIFE_SECONDS}s`)
      .sign(this.privateKey);
    const halfLifeMs = (LIFE_SECONDS * 1000) / 2;
    this.issued.set(callee, { token, renewAt: now + halfLifeMs, renewAtSteady: performance.now() + halfLifeMs });
    return token;
  }

  /** @returns the calling service's name. @throws DomainError 401 `invalid_service_token` */
  async verify(token: string): Promise<string> {
    const known = this.verified.get(token);
    if (known && Date.now() < known.expiresAt) return known.caller;
    try {
      const { payload } = await jwtVerify(
        token,
        header => {
          const key = this.publicKeys.get(header.kid ?? '');
          if (!key) throw new Error('unknown service');
          return key as CryptoKey;
        },
        {
          algorithms: ['ES256'],
          typ: SERVICE_TOKEN_TYPE,
          audience: this.service,
          clockTolerance: 5,
          requiredClaims: ['exp', 'iss'],
        },
      );
      const caller = payload.iss!;
      if (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid !== caller)
        throw new Error('issuer is not the key');
      if (this.verified.size > 1000) this.verified.clear();
      this.verified.set(token, { caller, expiresAt: payload.exp! * 1000 });
      return caller;
    } catch (cause) {
      throw new DomainError('invalid_service_token', 'unauthenticated', 'The service token is not valid here', {
        cause,
      });
    }
  }
}
