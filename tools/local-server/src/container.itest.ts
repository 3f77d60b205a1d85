import { expect, it, onTestFinished, vi } from 'vitest';
import { startContainer } from './container.js';

it('says why no container comes of an engine that is named', async () => {
  vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:1');
  onTestFinished(() => void vi.unstubAllEnvs());
  const request = {
    kind: 'postgres',
    image: 'registry.invalid/none:1',
    runPid: process.pid,
    patienceMs: 25_000,
  } as const;
  await expect(startContainer(request)).rejects.toThrow(/^Docker: (?!no container of)/);
});

it('gives up what takes too long, and says what to do first', async () => {
  vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:1');
  onTestFinished(() => void vi.unstubAllEnvs());
  const request = { kind: 'postgres', image: 'registry.invalid/none:1', runPid: process.pid, patienceMs: 1 } as const;
  await expect(startContainer(request)).rejects.toThrow('no container of registry.invalid/none:1 within 0.001 s');
});
