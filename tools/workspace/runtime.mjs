import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** TypeORM 1.1 needs 24.11. This file itself runs on Node 20 too: it is what finds the newer one. */
const MINIMUM = [24, 11];
export const root = join(import.meta.dirname, '../..');

/** Whether a Node version such as `24.21.0` can run the platform. */
export function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
}

/**
 * Goes on under a Node that can run the platform: this one, or the one that `npm ci` brought. A child started for that ends
 * when this process ends, however it ends, because it holds the other end of a pipe.
 * @returns true when this process is the one to go on
 */
export async function ensureRuntime(script, args) {
  if (isNewEnough(process.versions.node)) return true;
  const brought = join(root, 'node_modules/.bin/node');
  if (!existsSync(brought)) {
    console.error(
      `Countersign runs on Node ${MINIMUM.join('.')} or newer; this is ${process.versions.node}.\n` +
        'Run "npm ci" (without --omit=optional): it brings a Node 24 for Linux and macOS. Elsewhere install one from https://nodejs.org.',
    );
    process.exit(1);
  }
  if (process.env.COUNTERSIGN_RUNTIME_CHOSEN) {
    console.error(
      `The Node in node_modules is too old (${process.versions.node}); install Node ${MINIMUM.join('.')} or newer.`,
    );
    process.exit(1);
  }
  const child = spawn(brought, [script, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, COUNTERSIGN_RUNTIME_CHOSEN: '1', PARENT_PIPE_FD: '3' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise(resolve => child.once('exit', (...result) => resolve(result)));
  process.exit(signal ? 1 : (code ?? 1));
}
