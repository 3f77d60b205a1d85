import { describe, expect, it } from 'vitest';
import type { Addresses } from './addresses.js';
import { serviceEnvironment } from './environment.js';

const addresses: Addresses = {
  of: {
    gateway: { host: '0.0.0.0', port: 3000, managementPort: 20_001 },
    'auth-mfa': { host: '127.0.0.1', port: 20_002, managementPort: 20_003 },
    'user-lifecycle': { host: '127.0.0.1', port: 20_004, managementPort: 20_005 },
    'webhook-dispatcher': { host: '127.0.0.1', port: 20_006, managementPort: 20_007 },
  },
  publicUrl: 'https://id.example.com',
  gatewayUrl: 'http://127.0.0.1:3000',
};
const secrets = {
  publicKeys: '/s/keys',
  privateKey: (name: string) => `/s/${name}.key`,
  envelopeKey: (name: string) => `/s/${name}.env`,
};
const urls = { owner: 'owner-url', app: 'app-url', worker: 'worker-url' };

describe('the environment of a service', () => {
  it('wires it to the others, and the gateway alone to the outside', () => {
    const gateway = serviceEnvironment('gateway', {}, addresses, secrets);
    expect(gateway).toMatchObject({ HOST: '0.0.0.0', PORT: '3000', PUBLIC_URL: 'https://id.example.com' });
    expect(gateway).not.toHaveProperty('DATABASE_URL');
    const dispatcher = serviceEnvironment('webhook-dispatcher', {}, addresses, secrets, urls);
    expect(dispatcher).toMatchObject({
      HOST: '127.0.0.1',
      AUTH_MFA_URL: 'http://127.0.0.1:20002',
      DATABASE_URL: 'app-url',
      DATABASE_WORKER_URL: 'worker-url',
      SERVICE_PRIVATE_KEY_FILE: '/s/webhook-dispatcher.key',
      ENVELOPE_KEY_FILE: '/s/webhook-dispatcher.env',
      BUS: 'postgres',
    });
  });

  it('never gives a service the owner of its tables', () => {
    const inherited = { DATABASE_OWNER_URL: 'owner-url', DATABASE_OWNER_URL_FILE: 'owner-url' };
    const all = serviceEnvironment('auth-mfa', inherited, addresses, secrets, urls);
    expect(Object.values(all)).not.toContain('owner-url');
  });

  it("closes the platform's own ports to webhooks, but for the gateway's", () => {
    const { WEBHOOK_DENIED_PORTS } = serviceEnvironment('webhook-dispatcher', {}, addresses, secrets, urls);
    expect(WEBHOOK_DENIED_PORTS!.split(',').sort()).toEqual([
      '20001',
      '20002',
      '20003',
      '20004',
      '20005',
      '20006',
      '20007',
    ]);
  });

  it('hands on what an operator set, but no proxy and nothing of npm', () => {
    const inherited = {
      LOG_LEVEL: 'debug',
      WEBHOOK_ALLOWED_PRIVATE: '10.0.0.0/8',
      HTTPS_PROXY: 'http://p',
      npm_config_x: 'y',
      PORT: '1',
    };
    const all = serviceEnvironment('auth-mfa', inherited, addresses, secrets, urls);
    expect(all).toMatchObject({ LOG_LEVEL: 'debug', WEBHOOK_ALLOWED_PRIVATE: '10.0.0.0/8', PORT: '20002' });
    expect(all).not.toHaveProperty('HTTPS_PROXY');
    expect(all).not.toHaveProperty('npm_config_x');
  });
});
