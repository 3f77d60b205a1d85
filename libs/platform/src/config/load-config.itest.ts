import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadConfig } from './load-config.js';

const schema = z.object({
  DATABASE_URL: z.url(),
  PORT: z.coerce.number().int(),
  KEY_FILE: z.string(),
  KEY: z.string(),
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const OTHERS = { PORT: '1', KEY_FILE: '/not/read', KEY: 'k' };
const load = (env: Record<string, string>) => loadConfig(schema, { ...OTHERS, ...env });

describe('a variable that a file holds', () => {
  it.each(['postgresql://a:b@c/d', 'postgresql://a:b@c/d\n', 'postgresql://a:b@c/d\r\n'])(
    'is read from %j',
    content => {
      expect(load({ DATABASE_URL_FILE: file('url', content) }).DATABASE_URL).toBe('postgresql://a:b@c/d');
    },
  );

  it('is parsed like any other', () => {
    const env = { ...OTHERS, PORT: '', PORT_FILE: file('port', '5432\n'), DATABASE_URL: 'http://x' };
    expect(loadConfig(schema, env).PORT).toBe(5432);
    expect(() => loadConfig(schema, { ...env, PORT_FILE: file('port', 'many') })).toThrow(/PORT: /);
  });

  it('leaves a variable alone that is a path by its own name', () => {
    expect(load({ DATABASE_URL: 'http://x' })).toMatchObject({ KEY_FILE: '/not/read', KEY: 'k' });
  });

  it('leaves files alone that belong to no variable of the schema', () => {
    expect(load({ DATABASE_URL: 'http://x', SSL_CERT_FILE: '/not/there' }).DATABASE_URL).toBe('http://x');
  });

  it('is refused when the variable is set too', () => {
    const both = { DATABASE_URL: 'http://x', DATABASE_URL_FILE: file('url', 'http://y') };
    expect(() => load(both)).toThrow(/DATABASE_URL_FILE: DATABASE_URL is set too/);
  });

  it('is refused by name, once, when the file is empty or cannot be read; other faults are named with it', () => {
    expect(() => load({ DATABASE_URL_FILE: file('url', '\n') })).toThrow(/DATABASE_URL_FILE: .*url is empty/);
    const missing = () => load({ DATABASE_URL_FILE: join(folder, 'none'), PORT: 'x' });
    expect(missing).toThrow(/DATABASE_URL_FILE: ENOENT[\s\S]*PORT: /);
    expect(missing).not.toThrow(/DATABASE_URL: /);
  });
});
