import { join } from 'node:path';
import { workspaceRoot } from '../config.js';

/** A service as the tools know it: where its program is and what it must be given. */
export interface ServiceProgram {
  readonly name: string;
  /** Started by `node`. */
  readonly main: string;
  /** Present when the service keeps data: the program that brings its tables up to date. */
  readonly migrate?: string;
}

function service(name: string, hasDatabase: boolean): ServiceProgram {
  const dist = join(workspaceRoot, 'apps', name, 'dist');
  return { name, main: join(dist, 'main.js'), ...(hasDatabase ? { migrate: join(dist, 'migrate.js') } : {}) };
}

/** The only one that people and receivers reach; it stops first. */
export const GATEWAY = service('gateway', false);

export const DATA_SERVICES: readonly ServiceProgram[] = [
  service('auth-mfa', true),
  service('user-lifecycle', true),
  service('webhook-dispatcher', true),
];

export const SERVICES: readonly ServiceProgram[] = [GATEWAY, ...DATA_SERVICES];

/** The command line's name among the services. */
export const OPERATOR = 'operator';
