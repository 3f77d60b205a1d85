import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  apiKeyExchangeSchema,
  checkPasswordSchema,
  endpointTokenSchema,
  setCredentialSchema,
  type AccessTokenClaims,
  type EndpointTokenRequest,
  type IssuedToken,
  type Revocation,
} from '@countersign/contracts';
import { DomainError, newId } from '@countersign/kernel';
import { SERVICE_HEADER, TENANT_HEADER, type ServiceTokens } from '@countersign/platform';
import { RevocationStream } from './revocation-stream.js';
import type { ServiceKeys } from './service-keys.js';
import { TokenIssuer, type TokenClaims } from './token-issuer.js';

/** A credential that a service set: who called, for whom, what. `password` and `oneTime` are as they were sent. */
export interface RecordedCredential {
  caller: string;
  tenantId: string | undefined;
  userId: string;
  login: string;
  password?: string;
  oneTime: boolean;
}

export interface IssuedEndpointToken extends EndpointTokenRequest {
  tenantId: string | undefined;
  token: string;
}

/**
 * Plays auth-mfa for the tests of the other services, over HTTP and with real signatures: published keys, revocations,
 * credentials, tokens of endpoints and API keys. Calls to /internal need a service's own token, as with the real one.
 */
export class FakeAuthority {
  readonly credentials: RecordedCredential[] = [];
  readonly endpointTokens: IssuedEndpointToken[] = [];
  readonly deletedEndpoints: string[] = [];
  readonly revocations = new RevocationStream();
  private readonly apiKeys = new Map<string, TokenClaims>();
  private refusal?: { status: number; problem: Record<string, unknown> };

  private constructor(
    private readonly server: Server,
    private readonly issuer: TokenIssuer,
    private readonly verifier: ServiceTokens,
  ) {}

  /** @param issuer PUBLIC_URL of the services under test */
  static async start(keys: ServiceKeys, issuer = 'http://countersign.test'): Promise<FakeAuthority> {
    const server = createServer();
    const authority = new FakeAuthority(server, await TokenIssuer.create(issuer), await keys.tokens('auth-mfa'));
    server.on('request', (request, response) => {
      authority.handle(request, response).catch((error: unknown) => {
        answerError(response, error);
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return authority;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** PUBLIC_URL of the services under test: `iss` of every token. */
  get publicUrl(): string {
    return this.issuer.issuer;
  }

  token(claims: TokenClaims): Promise<string> {
    return this.issuer.token(claims);
  }

  rotateKey(): Promise<void> {
    return this.issuer.rotate();
  }

  /** Revokes what was issued until now; services hear of it over the stream. */
  revoke(revocation: Pick<Revocation, 'kind' | 'tenantId' | 'subject'> & Partial<Revocation>): void {
    const now = Math.floor(Date.now() / 1000);
    this.revocations.add({ issuedBefore: now + 1, code: 'token_revoked', expiresAt: now + 3600, ...revocation });
  }

  /** Lets an API key be exchanged for a token of those claims. */
  addApiKey(key: string, claims: TokenClaims): void {
    this.apiKeys.set(key, claims);
  }

  /** Answers the setting of credentials, and the question whether a password would do, with a problem from now on; without argument accepts them again. */
  refuseCredentials(status?: number, problem: Record<string, unknown> = {}): void {
    this.refusal = status === undefined ? undefined : { status, problem };
  }

  async stop(): Promise<void> {
    this.revocations.close();
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const route = `${request.method ?? ''} ${url.pathname}`;
    if (route === 'GET /.well-known/jwks.json') {
      answer(response, 200, this.issuer.jwks);
      return;
    }
    const caller = await this.verifier.verify(String(request.headers[SERVICE_HEADER] ?? ''));
    const tenantId = request.headers[TENANT_HEADER] as string | undefined;
    const id = decodeURIComponent(url.pathname.split('/')[3] ?? '');
    if (route === 'GET /internal/revocations') {
      this.revocations.subscribe(response, url.searchParams.get('cursor') ?? '');
    } else if (route === 'POST /internal/password-policy/check') {
      checkPasswordSchema.parse(await json(request));
      if (this.refusal) answer(response, this.refusal.status, this.refusal.problem, 'application/problem+json');
      else answer(response, 204);
    } else if (route === `PUT /internal/credentials/${id}`) {
      const { login, password, oneTime } = setCredentialSchema.parse(await json(request));
      if (this.refusal) {
        answer(response, this.refusal.status, this.refusal.problem, 'application/problem+json');
        return;
      }
      this.credentials.push({ caller, tenantId, userId: id, login, password, oneTime });
      answer(response, 204);
    } else if (route === 'POST /internal/endpoint-tokens') {
      answer(response, 200, await this.issueEndpointToken(await json(request), tenantId));
    } else if (route === `DELETE /internal/endpoint-tokens/${id}`) {
      this.deletedEndpoints.push(id);
      answer(response, 204);
    } else if (route === 'POST /internal/api-keys/exchange') {
      const claims = this.apiKeys.get(apiKeyExchangeSchema.parse(await json(request)).key);
      if (!claims) throw new DomainError('invalid_api_key', 'unauthenticated', 'The API key is not known');
      answer(response, 200, await this.issue(claims, 60));
    } else {
      answer(response, 404, { code: 'not_found', title: `auth-mfa has no ${route}` }, 'application/problem+json');
    }
  }

  private async issueEndpointToken(body: unknown, tenantId: string | undefined): Promise<IssuedToken> {
    const asked = endpointTokenSchema.parse(body);
    const issued = await this.issue(
      { tenantId: tenantId ?? '', sub: `webhook:${asked.endpointId}`, roles: asked.roles, userId: newId('usr') },
      asked.ttlSeconds,
    );
    this.endpointTokens.push({ ...asked, tenantId, token: issued.accessToken });
    return issued;
  }

  private async issue(claims: TokenClaims, ttlSeconds: number): Promise<IssuedToken> {
    const iat = Math.floor(Date.now() / 1000);
    const exp: AccessTokenClaims['exp'] = iat + ttlSeconds;
    const accessToken = await this.issuer.token({ ...claims, iat, exp });
    return { accessToken, expiresAt: new Date(exp * 1000).toISOString() };
  }
}

async function json(request: IncomingMessage): Promise<unknown> {
  return JSON.parse(await text(request)) as unknown;
}

function answer(response: ServerResponse, status: number, body?: unknown, type = 'application/json'): void {
  response.writeHead(status, body === undefined ? {} : { 'content-type': type });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function answerError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { code, message, name } = error as Error & { code?: string };
  const [status, known] =
    error instanceof DomainError ? [401, code] : name === 'ZodError' ? [422, 'validation_failed'] : [400, 'malformed'];
  answer(response, status, { code: known, title: message }, 'application/problem+json');
}
