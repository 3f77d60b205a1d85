import { createServer, type AddressInfo } from 'node:net';
import {
  loadConfig,
  startService,
  type PlatformConfig,
  type RunningService,
  type ServiceDefinition,
} from '@countersign/platform';
import type { TestDatabase } from '../database/service-database.js';
import { eventually } from '../eventually.js';
import { ApiClient } from './api-client.js';
import type { FakeAuthority } from './fake-authority.js';
import type { ServiceKeys } from './service-keys.js';

/** A service's schema of its environment, as its config.ts has it. */
type ConfigSchema = Parameters<typeof loadConfig>[0];

export interface TestServiceOptions {
  config: ConfigSchema;
  keys: ServiceKeys;
  /** Plays auth-mfa; without one the service itself is auth-mfa. */
  authority?: FakeAuthority;
  database?: TestDatabase;
  /** Further variables, or others than the ones made here. */
  env?: Record<string, string | undefined>;
  /** Longest wait for readiness in milliseconds; default 30 000. */
  readyWithinMs?: number;
}

export interface TestService extends RunningService {
  /** The configuration that it runs with. */
  readonly config: PlatformConfig;
  /** Its API without a token; `api.as(token)` calls as somebody. */
  readonly api: ApiClient;
}

/**
 * Starts a service in this process on free ports, as production does but for signals, and waits until it is ready.
 * The caller stops it.
 */
export async function startTestService(service: ServiceDefinition, options: TestServiceOptions): Promise<TestService> {
  const { authority, database, keys, env = {} } = options;
  const port = env['PORT'] ?? String(await freePort());
  const own = `http://127.0.0.1:${port}`;
  const config = loadConfig(options.config, {
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: port,
    MANAGEMENT_PORT: '0',
    PUBLIC_URL: authority?.publicUrl ?? own,
    LOG_LEVEL: 'silent',
    AUTH_MFA_URL: authority?.url ?? own,
    ...keys.env(service.name),
    ...database?.env(service.name),
    ...env,
  }) as PlatformConfig;
  const running = await startService(service, config);
  try {
    await eventually(() => isReady(running.managementUrl), { timeoutMs: options.readyWithinMs ?? 30_000 });
  } catch (error) {
    await running.stop();
    throw error;
  }
  return { ...running, config, api: new ApiClient(running.url) };
}

async function isReady(managementUrl: string): Promise<void> {
  const { status, body } = await new ApiClient(managementUrl).get('/readyz');
  if (status !== 200) throw new Error(`The service is not ready: ${JSON.stringify(body)}`);
}

/** A port of the loopback address that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
