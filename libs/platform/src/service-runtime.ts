import type { ServiceConfig } from './config/service.config.js';
import { AccessTokenVerifier } from './auth/access-token-verifier.js';
import { Revocations } from './auth/revocations.js';
import { ServiceTokens } from './auth/service-tokens.js';
import { ServiceClient } from './http/service-client.js';
import { ReadinessRegistry } from './health/readiness.js';
import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * What every service has whether or not it keeps data: its identity among the services, the verifier of access tokens, its
 * readiness and its metrics.
 */
export class ServiceRuntime {
  readonly readiness = new ReadinessRegistry();
  readonly metrics = new Registry();
  private readonly clients: ServiceClient[] = [];

  private constructor(
    readonly service: string,
    readonly config: ServiceConfig,
    readonly serviceTokens: ServiceTokens,
    readonly revocations: Revocations,
    readonly accessTokens: AccessTokenVerifier,
  ) {
    this.metrics.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.metrics });
    this.readiness.add({
      name: 'access_tokens',
      check: async () => {
        if (!(await accessTokens.ready())) return 'the signing keys of auth-mfa are not loaded yet';
        return revocations.state === 'ready' ? undefined : `the revocation stream is ${revocations.state}`;
      },
    });
  }

  static async create(service: string, config: ServiceConfig): Promise<ServiceRuntime> {
    const tokens = await ServiceTokens.fromFiles(service, config.SERVICE_KEYS_FILE, config.SERVICE_PRIVATE_KEY_FILE);
    const revocations = new Revocations(config.AUTH_MFA_URL, tokens);
    const verifier = new AccessTokenVerifier(config.AUTH_MFA_URL, config.PUBLIC_URL, revocations);
    return new ServiceRuntime(service, config, tokens, revocations, verifier);
  }

  /** A client of another service; closed with the runtime. */
  client(callee: string, baseUrl: string): ServiceClient {
    const client = new ServiceClient(callee, baseUrl, this.serviceTokens);
    this.clients.push(client);
    return client;
  }

  start(): void {
    this.revocations.start();
  }

  async stop(): Promise<void> {
    await this.revocations.stop();
    await Promise.all(this.clients.map(client => client.close()));
  }
}
