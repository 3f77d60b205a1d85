import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, loadConfig } from './load-config.js';

const schema = z.object({ PORT: z.coerce.number().int(), PUBLIC_URL: z.url(), LEVEL: z.string().default('info') });

describe('loadConfig', () => {
  it('names every wrong variable at once', () => {
    expect(() => loadConfig(schema, { PORT: 'x' })).toThrow(ConfigError);
    expect(() => loadConfig(schema, { PORT: 'x' })).toThrow(/PORT: [\s\S]*PUBLIC_URL: /);
  });

  it('takes an empty variable for an absent one', () => {
    expect(loadConfig(schema, { PORT: '1', PUBLIC_URL: 'http://x', LEVEL: '' }).LEVEL).toBe('info');
  });
});
