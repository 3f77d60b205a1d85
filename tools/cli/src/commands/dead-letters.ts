import { Option, type Command } from 'commander';
import { z } from 'zod';
import { DATA_SERVICES } from '../installation/services.js';
import type { Operator } from '../operator/operator.js';
import { print, table } from './output.js';
import { withOperator } from './with-operator.js';

const SERVICE_NAMES = DATA_SERVICES.map(service => service.name);

const deadLetterSchema = z.looseObject({
  id: z.string(),
  type: z.string().optional(),
  tenantId: z.string().optional(),
  handler: z.string(),
  at: z.string(),
  attempts: z.number(),
  error: z.string(),
});
const pageSchema = z.object({ items: z.array(deadLetterSchema), nextCursor: z.string().nullable() });
const redriveSchema = z.object({
  redriven: z.array(z.string()),
  failed: z.array(z.object({ id: z.string(), error: z.string() })),
});

interface Filter {
  service?: string;
  topic?: string;
  handler?: string;
}

function withFilter(command: Command): Command {
  return command
    .addOption(new Option('--service <name>', 'only of this service').choices(SERVICE_NAMES))
    .option('--topic <topic>', 'only of this topic, e.g. iam.user.events.v1')
    .option('--handler <name>', 'only those that this handler could not take');
}

export function addDeadLetterCommands(program: Command): void {
  const dlq = program.command('dlq').description('dead letters: events that a handler could not take');
  withFilter(dlq.command('list').description('list dead letters, oldest first'))
    .option('--limit <count>', 'most to show per service', '50')
    .action(listDeadLetters);
  withFilter(
    dlq
      .command('redrive')
      .argument('[ids...]', 'ids as `dlq list` shows them')
      .description('hand dead letters to the handler that could not take them; those that it takes leave the list'),
  )
    .option('--all', 'all that the filter leaves, when no id is given')
    .action(redriveDeadLetters);
}

async function listDeadLetters(options: Filter & { limit: string }, command: Command): Promise<void> {
  await withOperator(async operator => {
    const found = (await Promise.all(chosen(options).map(service => list(operator, service, options)))).flat();
    const rows = found.map(({ service, id, type, tenantId, handler, at, error }) => [
      service,
      id,
      type ?? '',
      tenantId ?? '',
      handler,
      at,
      error,
    ]);
    const text =
      rows.length === 0
        ? 'No dead letters.'
        : table(['SERVICE', 'ID', 'TYPE', 'TENANT', 'HANDLER', 'AT', 'ERROR'], rows);
    print(command, found, text);
  });
}

async function list(operator: Operator, service: string, options: Filter & { limit: string }) {
  const query = new URLSearchParams({ limit: options.limit });
  if (options.topic) query.set('topic', options.topic);
  if (options.handler) query.set('handler', options.handler);
  const path = `/internal/messaging/dead-letters?${query}`;
  const page = await operator.call(service, { method: 'GET', path, answer: pageSchema });
  return page.items.map(letter => ({ service, ...letter }));
}

async function redriveDeadLetters(ids: string[], options: Filter & { all?: boolean }, command: Command): Promise<void> {
  if (ids.length === 0 && !options.all) command.error('Name the ids of dead letters, or --all');
  if (ids.length > 0 && !options.service) command.error('Ids count within a service: name it by --service');
  await withOperator(async operator => {
    const body = ids.length > 0 ? { ids } : { topic: options.topic, handler: options.handler };
    const results = await Promise.all(
      chosen(options).map(async service => {
        const path = '/internal/messaging/dead-letters/redrive';
        return { service, ...(await operator.call(service, { method: 'POST', path, body, answer: redriveSchema })) };
      }),
    );
    const failed = results.flatMap(result => result.failed.map(one => ({ service: result.service, ...one })));
    const redriven = results.reduce((sum, result) => sum + result.redriven.length, 0);
    const lines = failed.map(one => `  ${one.service} ${one.id}: ${one.error}`);
    print(command, results, [`${redriven} redriven, ${failed.length} failed again`, ...lines].join('\n'));
    if (failed.length > 0) process.exitCode = 1;
  });
}

function chosen(options: Filter): string[] {
  return options.service ? [options.service] : SERVICE_NAMES;
}
