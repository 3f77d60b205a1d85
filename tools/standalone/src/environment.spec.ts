import { describe, expect, it } from 'vitest';
import type { Addresses } from './addresses.js';
import { serviceEnvironment, type BusChoice } from './environment.js';

const addresses: Addresses = {
  of: {
    gateway: { host: '0.0.0.0', port: 3000, managementPort: 20_001 },
    'auth-mfa': { host: '127.0.0.1', port: 20_002, managementPort: 20_003 },
    'user-lifecycle': { host: '127.0.0.1', port: 20_004, managementPort: 20_005 },
    'webhook-dispatcher': { host: '127.0.0.1', port: 20_006, managementPort: 20_007 },
  },
  kafka: { port: 20_008, controllerPort: 20_009 },
  publicUrl: 'https://id.example.com',
  gatewayUrl: 'http://127.0.0.1:3000',
};
const POSTGRES: BusChoice = { kind: 'postgres' };
const secrets = {
  publicKeys: '/s/keys',
  privateKey: (name: string) => `/s/${name}.key`,
  envelopeKey: (name: string) => `/s/${name}.env`,
};
const urls = { owner: 'owner-url', app: 'app-url', worker: 'worker-url' };

describe('the environment of a service', () => {
  it('wires it to the others, and the gateway alone to the outside', () => {
    const gateway = serviceEnvironment('gateway', {}, addresses, secrets, POSTGRES);
    expect(gateway).toMatchObject({ HOST: '0.0.0.0', PORT: '3000', PUBLIC_URL: 'https://id.example.com' });
    expect(gateway).not.toHaveProperty('DATABASE_URL');
    const dispatcher = serviceEnvironment('webhook-dispatcher', {}, addresses, secrets, POSTGRES, urls);
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
    const all = serviceEnvironment('auth-mfa', inherited, addresses, secrets, POSTGRES, urls);
    expect(Object.values(all)).not.toContain('owner-url');
  });

  it("closes the platform's own ports to webhooks, but for the gateway's", () => {
    const { WEBHOOK_DENIED_PORTS } = serviceEnvironment('webhook-dispatcher', {}, addresses, secrets, POSTGRES, urls);
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

  it('names the broker that carries the events, and closes its ports to webhooks', () => {
    const own: BusChoice = { kind: 'kafka', brokers: '127.0.0.1:20008', own: true };
    const inherited = { KAFKA_TLS: 'true', KAFKA_PREFIX: 'a.' };
    const all = serviceEnvironment('auth-mfa', inherited, addresses, secrets, own, urls);
    expect(all).toMatchObject({ BUS: 'kafka', KAFKA_BROKERS: '127.0.0.1:20008', KAFKA_PREFIX: 'a.' });
    expect(all).not.toHaveProperty('KAFKA_TLS');
    expect(all['WEBHOOK_DENIED_PORTS']!.split(',')).toEqual(expect.arrayContaining(['20008', '20009']));
    expect(serviceEnvironment('gateway', {}, addresses, secrets, own)).not.toHaveProperty('KAFKA_BROKERS');

    const given: BusChoice = { kind: 'kafka', brokers: 'k1.example.com:9093,k2.example.com:9094', own: false };
    const others = serviceEnvironment('auth-mfa', inherited, addresses, secrets, given, urls);
    expect(others).toMatchObject({ KAFKA_BROKERS: given.brokers, KAFKA_TLS: 'true' });
    expect(others['WEBHOOK_DENIED_PORTS']!.split(',')).toEqual(expect.arrayContaining(['9093', '9094']));
  });

  it('hands on what an operator set, but no proxy and nothing of npm', () => {
    const inherited = {
      LOG_LEVEL: 'debug',
      WEBHOOK_ALLOWED_PRIVATE: '10.0.0.0/8',
      HTTPS_PROXY: 'http://p',
      npm_config_x: 'y',
      PORT: '1',
    };
    const all = serviceEnvironment('auth-mfa', inherited, addresses, secrets, POSTGRES, urls);
    expect(all).toMatchObject({ LOG_LEVEL: 'debug', WEBHOOK_ALLOWED_PRIVATE: '10.0.0.0/8', PORT: '20002' });
    expect(all).not.toHaveProperty('HTTPS_PROXY');
    expect(all).not.toHaveProperty('npm_config_x');
  });
});
