import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isNewEnough, root } from '../runtime.mjs';

describe('the choice of Node', () => {
  it.each([
    ['20.20.2', false],
    ['24.10.0', false],
    ['24.11.0', true],
    ['24.21.0', true],
    ['25.0.0', true],
    ['22.22.0', false],
  ])('takes %s: %s', (version, expected) => expect(isNewEnough(version)).toBe(expected));

  it('has one that is new enough among the packages that npm brought', () => {
    const brought = join(root, 'node_modules/.bin/node');
    expect(existsSync(brought)).toBe(true);
    const { stdout } = spawnSync(brought, ['-p', 'process.versions.node'], { encoding: 'utf8' });
    expect(isNewEnough(stdout.trim())).toBe(true);
  });
});
