import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parse } from 'yaml';
import { findCompose, surroundings } from '../compose.mjs';
import { root } from '../runtime.mjs';

export interface ContainerModel {
  image: string;
  user?: string;
  restart?: string;
  environment?: Record<string, string | number>;
  ports?: unknown[];
  networks: Record<string, unknown>;
  secrets: { source: string }[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  [setting: string]: unknown;
}

export interface ComposeModel {
  services: Record<string, ContainerModel>;
  secrets: Record<string, { file: string }>;
  networks: Record<string, { internal?: boolean } | null>;
}

/** What `docker compose config` makes of docker-compose.yml with the variables of a file; `text` is as it was printed. */
export function readModel(environment: string): { text: string; model: ComposeModel } {
  const { status, stdout, stderr } = runCompose('--env-file', environment, '--profile', 'operator', 'config');
  if (status !== 0) throw new Error(stderr);
  return { text: stdout, model: parse(stdout) as ComposeModel };
}

/** Runs compose on docker-compose.yml, with nothing of our own environment that it would put in. */
export function runCompose(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const [program, ...first] = findCompose() ?? [];
  if (!program) throw new Error('There is no docker compose here: npm test -- compose says how to get it');
  return spawnSync(program, [...first, '-f', join(root, 'docker-compose.yml'), ...args], {
    encoding: 'utf8',
    env: surroundings(),
  });
}
