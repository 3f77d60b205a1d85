import { Option, type Command } from 'commander';
import { z } from 'zod';
import { print } from './output.js';
import { withOperator } from './with-operator.js';

/** It answers when all is in the outbox: seconds for thousands of users, minutes for a million. */
const DEADLINE_MS = 280_000;

const republishedSchema = z.object({ tenants: z.number(), groups: z.number(), users: z.number() });

export function addRepublishCommand(program: Command): void {
  program
    .command('republish')
    .addOption(new Option('--aggregate <kind>', 'only of this kind').choices(['tenant', 'user', 'group']))
    .option('--tenant <slug>', 'only of this tenant')
    .description('emit the current state again as snapshot events, from which read models are built; no hook is called')
    .action(republish);
}

async function republish(options: { aggregate?: string; tenant?: string }, command: Command): Promise<void> {
  await withOperator(async operator => {
    const result = await operator.call('user-lifecycle', {
      method: 'POST',
      path: '/internal/republish',
      body: options,
      answer: republishedSchema,
      deadlineMs: DEADLINE_MS,
    });
    const { tenants, groups, users } = result;
    print(command, result, `Emitted again: ${tenants} tenants, ${groups} groups, ${users} users`);
  });
}
