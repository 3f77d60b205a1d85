import { DomainError } from '@countersign/kernel';
import { Command } from 'commander';
import { addDeadLetterCommands } from './commands/dead-letters.js';
import { addGroupCommands } from './commands/group.js';
import { addInitCommand } from './commands/init.js';
import { addMigrateCommand } from './commands/migrate.js';
import { addRepublishCommand } from './commands/republish.js';
import { addTenantCommands } from './commands/tenant.js';
import { PlatformDown } from './operator/operator.js';

/** Exit codes: 0 done; 1 refused, failed or misused; 2 the platform is not running. */
export const EXIT_FAILED = 1;
export const EXIT_PLATFORM_DOWN = 2;

export function buildProgram(): Command {
  const program = new Command('countersign')
    .description(
      "Countersign's operator: tenants, events and tables of one installation (DATA_DIR, default .countersign)",
    )
    .option('--json', 'answer with JSON, errors too');
  addInitCommand(program);
  addTenantCommands(program);
  addMigrateCommand(program);
  addDeadLetterCommands(program);
  addGroupCommands(program);
  addRepublishCommand(program);
  for (const command of descendants(program)) {
    if (command.commands.length === 0) command.option('--json', 'answer with JSON, errors too');
  }
  return program;
}

/** Runs the command line; sets the exit code and never throws. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  try {
    await buildProgram().parseAsync(argv, { from: 'user' });
  } catch (error) {
    process.exitCode = error instanceof PlatformDown ? EXIT_PLATFORM_DOWN : EXIT_FAILED;
    console.error(argv.includes('--json') ? JSON.stringify({ error: describe(error) }) : explain(error));
  }
}

function describe(error: unknown) {
  if (error instanceof PlatformDown) return { code: 'platform_down', message: error.message };
  if (error instanceof DomainError) return { code: error.code, message: error.message, errors: error.errors };
  return { code: 'failed', message: error instanceof Error ? error.message : String(error) };
}

function explain(error: unknown): string {
  if (!(error instanceof DomainError)) return error instanceof Error ? error.message : String(error);
  const fields = (error.errors ?? []).map(field => `  ${field.pointer}: ${field.message}`);
  return [`${error.message} (${error.code})`, ...fields].join('\n');
}

function descendants(command: Command): Command[] {
  return command.commands.flatMap(child => [child, ...descendants(child)]);
}
