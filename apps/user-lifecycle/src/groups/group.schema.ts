import { groupSchema } from '@countersign/contracts';
import { listQuerySchema, pageSchema } from '@countersign/platform';
import { z } from 'zod';
import { describeFilters } from '../filtering/alternatives.js';
import { describeSorts } from '../filtering/sort-order.js';
import { DEFAULT_GROUP_SORT, GROUP_FILTERS, GROUP_SORTS } from './group-filters.js';

export type Group = z.output<typeof groupSchema>;

const name = z.string().trim().min(1).max(256);
const description = z.string().trim().max(2000).nullish();

export const createGroupSchema = z.strictObject({ name, description });
export type CreateGroupBody = z.output<typeof createGroupSchema>;

export const patchGroupSchema = z.strictObject({ name: name.optional(), description });
export type PatchGroupBody = z.output<typeof patchGroupSchema>;

export const groupIdSchema = z.string().regex(/^grp_[0-9a-z_]{1,60}$/);

export const groupListQuerySchema = listQuerySchema.extend({
  filter: z.string().max(2000).optional().describe(describeFilters(GROUP_FILTERS)),
  sort: z.string().max(100).optional().describe(describeSorts(GROUP_SORTS, DEFAULT_GROUP_SORT)),
});

export const groupAnswerSchema = groupSchema.meta({ id: 'Group' });
export const groupPageSchema = pageSchema(groupAnswerSchema);
