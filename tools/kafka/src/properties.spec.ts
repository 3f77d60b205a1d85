import { describe, expect, it } from 'vitest';
import { brokerSettings, formatProperties } from './properties.js';

const addresses = { port: 9092, controllerPort: 9093, listeners: [] };

describe('the settings of a broker', () => {
  it('bind every listener to loopback', () => {
    const listeners = [
      { name: 'TLS', protocol: 'SSL', port: 9094, settings: { 'ssl.client.auth': 'required' } },
    ] as const;
    const settings = brokerSettings('/data', { ...addresses, listeners }, {});
    expect(settings).toMatchObject({
      listeners: 'PLAINTEXT://127.0.0.1:9092,TLS://127.0.0.1:9094,CONTROLLER://127.0.0.1:9093',
      'advertised.listeners': 'PLAINTEXT://127.0.0.1:9092,TLS://127.0.0.1:9094',
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,TLS:SSL',
      'listener.name.tls.ssl.client.auth': 'required',
    });
  });

  it('are overridden by those that are asked for', () => {
    expect(brokerSettings('/data', addresses, { 'num.io.threads': '8' })['num.io.threads']).toBe('8');
  });
});

it('writes properties that java.util.Properties reads back', () => {
  expect(formatProperties({ a: 'C:\\key "x"', b: ' é\n' })).toBe('a=C:\\\\key "x"\nb=\\ \\u00e9\\n\n');
});
