import { existsSync } from 'node:fs';
import { createdTenantSchema, type CreatedTenant, type CreateTenant } from '@countersign/contracts';
import { DomainError } from '@countersign/kernel';
import { ServiceClient, ServiceTokens, type ServiceCall } from '@countersign/platform';
import { z } from 'zod';
import type { DataDirectory } from '../installation/data-directory.js';
import { readPlatformFile, type PlatformFile } from '../installation/platform-file.js';
import { secretFiles } from '../installation/secrets.js';
import { OPERATOR } from '../installation/services.js';

/** The platform is not running, so nobody can be asked. Exit code 2. */
export class PlatformDown extends Error {
  override readonly name = 'PlatformDown';

  constructor(directory: DataDirectory, why: string) {
    super(`Start the platform first (npm start): ${why}. Data folder: ${directory.path}`);
  }
}

const DEADLINE_MS = 60_000;

/** The operator among the services: calls their /internal routes with a service key of its own. */
export class Operator {
  private readonly clients = new Map<string, ServiceClient>();

  private constructor(
    private readonly directory: DataDirectory,
    private readonly platform: PlatformFile,
    private readonly tokens: ServiceTokens,
  ) {}

  /** @throws PlatformDown */
  static async connect(directory: DataDirectory): Promise<Operator> {
    const platform = readPlatformFile(directory);
    if (!platform) throw new PlatformDown(directory, 'nothing runs on this data');
    if (!isAlive(platform.pid)) throw new PlatformDown(directory, 'the last one to run on this data was killed');
    const files = secretFiles(directory);
    if (!existsSync(files.privateKey(OPERATOR))) throw new PlatformDown(directory, 'it has no operator key yet');
    const tokens = await ServiceTokens.fromFiles(OPERATOR, files.publicKeys, files.privateKey(OPERATOR));
    return new Operator(directory, platform, tokens);
  }

  get publicUrl(): string {
    return this.platform.publicUrl;
  }

  /** Where this machine reaches the gateway. */
  get gatewayUrl(): string {
    return this.platform.gatewayUrl;
  }

  /** @throws DomainError as the service answered it, PlatformDown when nobody answers at all */
  async call<Schema extends z.ZodType>(
    service: string,
    call: Omit<ServiceCall<Schema>, 'deadlineMs'> & { deadlineMs?: number },
  ): Promise<z.output<Schema>> {
    const address = this.platform.services[service];
    if (!address) throw new PlatformDown(this.directory, `it has no ${service}`);
    const client = this.clients.get(service) ?? new ServiceClient(service, address.url, this.tokens);
    this.clients.set(service, client);
    try {
      return (await client.call({ deadlineMs: DEADLINE_MS, ...call })) as z.output<Schema>;
    } catch (error) {
      if (error instanceof DomainError && isRefused(error.cause)) {
        throw new PlatformDown(this.directory, `${service} does not answer`);
      }
      throw error;
    }
  }

  createTenant(tenant: CreateTenant): Promise<CreatedTenant> {
    const call = { method: 'POST' as const, path: '/internal/tenants', body: tenant, answer: createdTenantSchema };
    return this.call('user-lifecycle', call);
  }

  async close(): Promise<void> {
    await Promise.all([...this.clients.values()].map(client => client.close()));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isRefused(cause: unknown): boolean {
  const code = (cause as { code?: string } | undefined)?.code;
  return code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT';
}
