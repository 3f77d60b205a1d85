import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  FakeAuthority,
  makeServiceKeys,
  startTestService,
  type ServiceKeys,
  type TestService,
} from '@countersign/testing';
import { gatewayConfig } from '../src/config.js';
import { service } from '../src/service.js';
import { fixtureDocument } from './fixture-document.js';
import { Upstream } from './upstream.js';

/** A gateway with an authority, and with upstreams in the place of the other services. */
export class GatewayUnderTest {
  private constructor(
    readonly gateway: TestService,
    readonly authority: FakeAuthority,
    readonly keys: ServiceKeys,
    readonly users: Upstream,
    readonly webhooks: Upstream,
    private readonly folder: string,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<GatewayUnderTest> {
    const keys = await makeServiceKeys();
    const authority = await FakeAuthority.start(keys);
    const [users, webhooks] = [await Upstream.start(), await Upstream.start()];
    const folder = await mkdtemp(join(tmpdir(), 'countersign-gateway-'));
    const document = join(folder, 'openapi.json');
    await writeFile(document, JSON.stringify(fixtureDocument()));
    const gateway = await startTestService(service, {
      config: gatewayConfig,
      keys,
      authority,
      env: {
        USER_LIFECYCLE_URL: users.url,
        WEBHOOK_DISPATCHER_URL: webhooks.url,
        OPENAPI_FILE: document,
        ...env,
      },
    });
    return new GatewayUnderTest(gateway, authority, keys, users, webhooks, folder);
  }

  get url(): string {
    return this.gateway.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Headers of somebody who is signed in. */
  async signedIn(tenantId = 'acme', userId = 'usr_1'): Promise<Record<string, string>> {
    return { authorization: `Bearer ${await this.authority.token({ tenantId, userId })}` };
  }

  /** A value of the management port's metrics; 0 when there is no such series yet. */
  async metric(series: string): Promise<number> {
    const text = await (await fetch(`${this.gateway.managementUrl}/metrics`)).text();
    const line = text.split('\n').find(candidate => candidate.startsWith(series));
    return line === undefined ? 0 : Number(line.split(' ').at(-1));
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await Promise.all([this.users.stop(), this.webhooks.stop(), this.authority.stop()]);
    await this.keys.remove();
    await rm(this.folder, { recursive: true });
  }
}
