import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { writePrivateText } from './data-directory.js';

/** The user in the containers when root makes the installation: one that is nobody's on most machines. */
const UNPRIVILEGED = 65_532;

export interface Owner {
  uid: number;
  gid: number;
}

const INTRODUCTION = `# Read by docker compose; made by "npm run init", yours to change. docs/guides/run-with-compose.md lists the variables.
`;

/**
 * Completes the file `.env` that docker compose reads; a variable that is there stays as it is. The containers run as the
 * owner of the secrets, because compose mounts secrets with the owner and mode that they have on the host.
 * @returns whom the containers run as
 */
export function ensureComposeEnvironment(path: string, more: Record<string, string> = {}): Owner {
  const kept = existsSync(path) ? readFileSync(path, 'utf8') : INTRODUCTION;
  const values = parseEnv(kept);
  const user = values['COUNTERSIGN_USER'] ?? userOfThisProcess();
  const missing = Object.entries({ COUNTERSIGN_USER: user, ...more }).filter(([name]) => values[name] === undefined);
  if (missing.length > 0) {
    const lines = missing.map(([name, value]) => `${name}=${value}\n`).join('');
    writePrivateText(path, kept === '' || kept.endsWith('\n') ? kept + lines : `${kept}\n${lines}`);
  }
  const owner = /^(\d+):(\d+)$/.exec(user);
  if (!owner) throw new Error(`COUNTERSIGN_USER in ${path} must be <uid>:<gid>, such as 1000:1000; it is "${user}".`);
  return { uid: Number(owner[1]), gid: Number(owner[2]) };
}

function userOfThisProcess(): string {
  const uid = process.getuid?.() ?? 0;
  return uid === 0 ? `${UNPRIVILEGED}:${UNPRIVILEGED}` : `${uid}:${process.getgid?.() ?? uid}`;
}
