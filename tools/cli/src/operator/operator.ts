import { existsSync } from 'node:fs';
import { createdTenantSchema, type CreatedTenant, type CreateTenant } from '@countersign/contracts';
import { DomainError } from '@countersign/kernel';
import { ServiceClient, ServiceTokens, type ServiceCall } from '@countersign/platform';
import { z } from 'zod';
import type { OperatorConfig } from '../config.js';
import type { DataDirectory } from '../installation/data-directory.js';
import { readPlatformFile } from '../installation/platform-file.js';
import { secretFiles } from '../installation/secrets.js';
import { OPERATOR } from '../installation/services.js';

/** The platform is not running, so nobody can be asked. Exit code 2. */
export class PlatformDown extends Error {
  override readonly name = 'PlatformDown';
}

/** What the operator knows of a running platform. */
interface Platform {
  publicUrl: string;
  gatewayUrl: string;
  services: Record<string, { url: string }>;
  /** The error for somebody who finds it down. */
  down(why: string): PlatformDown;
}

const DEADLINE_MS = 60_000;

/** The operator among the services: calls their /internal routes with a service key of its own. */
export class Operator {
  private readonly clients = new Map<string, ServiceClient>();

  private constructor(
    private readonly platform: Platform,
    private readonly tokens: ServiceTokens,
  ) {}

  /** The platform that runs on a data folder. @throws PlatformDown */
  static async connect(directory: DataDirectory): Promise<Operator> {
    const down = (why: string) =>
      new PlatformDown(`Start the platform first (npm start): ${why}. Data folder: ${directory.path}`);
    const platform = readPlatformFile(directory);
    if (!platform) throw down('nothing runs on this data');
    if (!isAlive(platform.pid)) throw down('the last one to run on this data was killed');
    const files = secretFiles(directory);
    if (!existsSync(files.privateKey(OPERATOR))) throw down('it has no operator key yet');
    const tokens = await ServiceTokens.fromFiles(OPERATOR, files.publicKeys, files.privateKey(OPERATOR));
    return new Operator({ ...platform, down }, tokens);
  }

  /** A platform whose addresses and keys are given, as in a container. */
  static async at(config: OperatorConfig): Promise<Operator> {
    const services = {
      'auth-mfa': { url: config.AUTH_MFA_URL },
      'user-lifecycle': { url: config.USER_LIFECYCLE_URL },
      'webhook-dispatcher': { url: config.WEBHOOK_DISPATCHER_URL },
    };
    const down = (why: string) => new PlatformDown(`Start the platform first: ${why}`);
    const tokens = await ServiceTokens.fromFiles(OPERATOR, config.SERVICE_KEYS_FILE, config.SERVICE_PRIVATE_KEY_FILE);
    return new Operator({ publicUrl: config.PUBLIC_URL, gatewayUrl: config.PUBLIC_URL, services, down }, tokens);
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
    if (!address) throw this.platform.down(`it has no ${service}`);
    const client = this.clients.get(service) ?? new ServiceClient(service, address.url, this.tokens);
    this.clients.set(service, client);
    try {
      return (await client.call({ deadlineMs: DEADLINE_MS, ...call })) as z.output<Schema>;
    } catch (error) {
      if (error instanceof DomainError && isRefused(error.cause)) {
        throw this.platform.down(`${service} does not answer at ${address.url}`);
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
  // A container that is down has no name either.
  return ['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT', 'ENOTFOUND', 'EAI_AGAIN'].includes(code ?? '');
}
