import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureComposeEnvironment } from './compose-environment.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-env-'));
  path = join(folder, '.env');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the variables of docker compose', () => {
  it('name a user that is not root', () => {
    const { uid, gid } = ensureComposeEnvironment(path);
    expect(uid).toBeGreaterThan(0);
    expect(readFileSync(path, 'utf8')).toContain(`\nCOUNTERSIGN_USER=${uid}:${gid}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keep what is there, also a last line without an end', () => {
    const mine = '# mine\nPUBLIC_URL=https://id.example.com\nCOUNTERSIGN_USER=7:8';
    writeFileSync(path, mine);
    expect(ensureComposeEnvironment(path, { COUNTERSIGN_SECRETS: '/s' })).toEqual({ uid: 7, gid: 8 });
    expect(readFileSync(path, 'utf8')).toBe(`${mine}\nCOUNTERSIGN_SECRETS=/s\n`);
    ensureComposeEnvironment(path, { COUNTERSIGN_SECRETS: '/other' });
    expect(readFileSync(path, 'utf8')).toBe(`${mine}\nCOUNTERSIGN_SECRETS=/s\n`);
  });

  it('refuse a user that is no pair of numbers, because only those mean the same inside and outside', () => {
    writeFileSync(path, 'COUNTERSIGN_USER=node\n');
    expect(() => ensureComposeEnvironment(path)).toThrow(/<uid>:<gid>/);
  });
});
