import { ConfigError, loadConfig } from '@countersign/platform';
import { describe, expect, it } from 'vitest';
import { gatewayConfig } from './config.js';

const NEEDED = {
  PORT: '3000',
  MANAGEMENT_PORT: '3001',
  PUBLIC_URL: 'http://127.0.0.1:3000',
  SERVICE_KEYS_FILE: 'keys.json',
  SERVICE_PRIVATE_KEY_FILE: 'key.json',
  AUTH_MFA_URL: 'http://127.0.0.1:3010',
  USER_LIFECYCLE_URL: 'http://127.0.0.1:3020',
  WEBHOOK_DISPATCHER_URL: 'http://127.0.0.1:3030',
};
const read = (more: Record<string, string> = {}) => loadConfig(gatewayConfig, { ...NEEDED, ...more });

describe('gatewayConfig', () => {
  it('trusts no proxy and no origin unless told to', () => {
    expect(read()).toMatchObject({
      TRUSTED_PROXIES: [],
      CORS_ORIGINS: [],
      HOST: '127.0.0.1',
      REQUEST_DEADLINE_MS: 30_000,
    });
    expect(read({ HOST: 'localhost' }).HOST).toBe('127.0.0.1');
  });

  it('reads lists and rates', () => {
    const config = read({
      TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      CORS_ORIGINS: 'https://a.example, http://b.example:8080',
      RATE_LIMIT_TENANT: '10/1',
    });
    expect(config.TRUSTED_PROXIES).toHaveLength(2);
    expect(config.CORS_ORIGINS).toEqual(['https://a.example', 'http://b.example:8080']);
    expect(config.RATE_LIMIT_TENANT).toEqual({ quota: 10, windowSeconds: 1 });
  });

  it('names every wrong variable', () => {
    const wrong = {
      TRUSTED_PROXIES: 'proxy.example',
      CORS_ORIGINS: 'https://a.example/path',
      RATE_LIMIT_TENANT: 'much',
      RATE_LIMIT_ADDRESS: '0/60',
      USER_LIFECYCLE_URL: 'nowhere',
    };
    const refusal = () => read(wrong);
    expect(refusal).toThrow(ConfigError);
    for (const name of Object.keys(wrong)) expect(refusal).toThrow(name);
  });
});
