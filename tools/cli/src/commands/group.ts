import { Argument, InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';
import { DATA_SERVICES } from '../installation/services.js';
import { print, table } from './output.js';
import { withOperator } from './with-operator.js';

const seekSchema = z.looseObject({
  partitions: z.array(z.looseObject({ partition: z.number(), offset: z.union([z.number(), z.string()]) })),
});

export type SeekTarget = 'beginning' | 'end' | { time: string } | { partition: number; offset: string };

/** `beginning`, `end`, `<partition>:<offset>` or an RFC 3339 time. */
export function parseSeekTarget(text: string): SeekTarget {
  if (text === 'beginning' || text === 'end') return text;
  const place = /^(\d{1,6}):(\d{1,18})$/.exec(text);
  if (place) return { partition: Number(place[1]), offset: place[2]! };
  const time = new Date(text);
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(time.getTime())) return { time: time.toISOString() };
  throw new InvalidArgumentError('Give beginning, end, <partition>:<offset>, or a time such as 2026-01-31T12:00:00Z.');
}

export function addGroupCommands(program: Command): void {
  const group = program.command('group').description('consumer groups: one per service, of its name');
  group
    .command('seek')
    .addArgument(new Argument('<group>', "the service's name").choices(DATA_SERVICES.map(service => service.name)))
    .requiredOption('--topic <topic>', 'e.g. iam.user.events.v1')
    .requiredOption('--to <place>', 'beginning, end, <partition>:<offset>, or a time (RFC 3339)', parseSeekTarget)
    .option('--again', 'also repeat effects that are done already, as for a read model that was built wrongly')
    .description('set a group to another place of a topic; without --again what is done already stays done once')
    .action(seekGroup);
}

interface SeekOptions {
  topic: string;
  to: SeekTarget;
  again?: boolean;
}

async function seekGroup(group: string, options: SeekOptions, command: Command): Promise<void> {
  await withOperator(async operator => {
    const call = { method: 'POST' as const, path: '/internal/messaging/seek', body: options, answer: seekSchema };
    const result = await operator.call(group, call);
    const rows = result.partitions.map(({ partition, offset }) => [String(partition), String(offset)]);
    print(command, result, `${group} reads ${options.topic} from:\n${table(['PARTITION', 'OFFSET'], rows)}`);
  });
}
