import { z } from 'zod';
import { dryRunQuerySchema } from '../users/user.schema.js';

export const IMPORT_KIND = 'users.import';

export const IMPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

const mode = z
  .enum(['create', 'upsert'])
  .default('create')
  .describe('create: a login that exists is an error of its row; upsert: its user is updated');
export type ImportMode = z.output<typeof mode>;

export const importQuerySchema = dryRunQuerySchema.extend({
  mode,
  dryRun: dryRunQuerySchema.shape.dryRun.describe(
    'true = every row is checked and its awaited hooks are asked; no user is created or changed',
  ),
});
export type ImportQuery = z.output<typeof importQuerySchema>;

/** What is kept of the request for as long as the import runs. */
export const importParamsSchema = z.object({
  format: z.enum(IMPORT_FORMATS),
  mode: z.enum(['create', 'upsert']),
  dryRun: z.boolean(),
});
export type ImportParams = z.output<typeof importParamsSchema>;
