import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { workspaceRoot } from '../config.js';
import { ensureComposeEnvironment } from '../installation/compose-environment.js';
import { ContainerSecrets } from '../installation/container-secrets.js';
import { print } from './output.js';

const FOLDER = join(workspaceRoot, 'deploy/secrets');

export function addInitCommand(program: Command): void {
  program
    .command('init')
    .option('--folder <path>', 'where the secrets are kept', FOLDER)
    .option(
      '--environment <path>',
      'the file that docker compose reads its variables from',
      join(workspaceRoot, '.env'),
    )
    .description('make what docker-compose.yml needs: keys, passwords, .env; what is there already is kept')
    .action(init);
}

async function init(options: { folder: string; environment: string }, command: Command): Promise<void> {
  const folder = resolve(options.folder);
  const elsewhere: Record<string, string> = folder === FOLDER ? {} : { COUNTERSIGN_SECRETS: folder };
  const owner = ensureComposeEnvironment(resolve(options.environment), elsewhere);
  const made = await new ContainerSecrets(folder).ensure(process.getuid?.() === 0 ? owner : undefined);
  const where = shorten(folder);
  const text = [
    made.length === 0 ? `All secrets are in ${where}; nothing was changed.` : `Made in ${where}:`,
    ...made.map(name => `  ${name}`),
    ...(made.length === 0
      ? []
      : [`Keep a copy of ${where}: without its keys nobody can open what the database holds.`]),
    `The containers run as ${owner.uid}:${owner.gid} (COUNTERSIGN_USER in ${shorten(resolve(options.environment))}).`,
    'Next: docker compose up -d --build',
  ];
  print(command, { folder, made, user: `${owner.uid}:${owner.gid}` }, text.join('\n'));
}

/** As it is typed in the checkout, when that is shorter. */
function shorten(path: string): string {
  const inside = relative(workspaceRoot, path);
  return inside.startsWith('..') ? path : inside;
}
