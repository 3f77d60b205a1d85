import { describe, expect, it } from 'vitest';
import { readStartConfig } from './config.js';

describe('the start configuration', () => {
  it('serves on loopback, port 3000, unless told otherwise', () => {
    expect(readStartConfig({})).toMatchObject({ host: '127.0.0.1', port: 3000 });
    expect(readStartConfig({ HOST: '0.0.0.0', PORT: '80', PUBLIC_URL: 'https://id.example.com/' })).toMatchObject({
      host: '0.0.0.0',
      port: 80,
      publicUrl: 'https://id.example.com',
    });
  });

  it('takes an empty variable for an absent one', () => {
    expect(readStartConfig({ PORT: '', HOST: '' })).toMatchObject({ host: '127.0.0.1', port: 3000 });
  });

  it('carries the events on Postgres unless told otherwise', () => {
    expect(readStartConfig({}).bus).toBe('postgres');
    expect(readStartConfig({ BUS: 'kafka', KAFKA_BROKERS: 'k:9092' })).toMatchObject({
      bus: 'kafka',
      kafkaBrokers: 'k:9092',
    });
    expect(() => readStartConfig({ BUS: 'rabbit' })).toThrow(/BUS/);
  });

  it('names every variable that cannot be used', () => {
    expect(() => readStartConfig({ PORT: 'abc', PUBLIC_URL: 'nowhere' })).toThrow(/PORT[\s\S]*PUBLIC_URL/);
  });
});
