import { MAX_ASSIGNED_GROUPS, roleSchema, userProfileShape, userSchema } from '@countersign/contracts';
import { listQuerySchema, pageSchema } from '@countersign/platform';
import { z } from 'zod';
import { describeFilters } from '../filtering/alternatives.js';
import { SEARCH_KEY_PREFIX } from '../filtering/search-key.js';
import { describeSorts } from '../filtering/sort-order.js';
import { MAX_QUESTIONS } from './security-questions.js';
import { ATTRIBUTE_OPERATORS, DEFAULT_USER_SORT, USER_FILTERS, USER_SORTS } from './user-filters.js';

const LOGIN = /^[^\s:\p{C}]+$/u;

/** Whether a text can be a login. A colon is what tells a service principal's name from a person's. */
export function isLogin(text: string): boolean {
  const normal = text.normalize('NFKC');
  return normal.length <= SEARCH_KEY_PREFIX && LOGIN.test(normal);
}

export const loginSchema = z
  .string()
  .min(1)
  .max(128)
  .refine(isLogin, 'a login has no spaces, colons or control characters')
  .describe('unique in the tenant (NFKC, without regard to case); immutable');

const securityQuestion = z
  .record(z.string().trim().min(1).max(256), z.string().trim().min(1).max(256).nullable())
  .refine(questions => Object.keys(questions).length <= MAX_QUESTIONS, `at most ${MAX_QUESTIONS} security questions`);
const roles = z.array(roleSchema).min(1).max(10).describe('set by an ORG_ADMIN only');
const groups = z.array(z.string().startsWith('grp_').max(64)).max(MAX_ASSIGNED_GROUPS);

export const createUserSchema = z.strictObject({
  ...userProfileShape,
  login: loginSchema,
  assignedGroups: groups.default([]).describe('ids of groups'),
  attributes: userProfileShape.attributes
    .default({})
    .describe("the tenant's typed attributes, see /v1/user-attributes"),
  securityQuestion: securityQuestion.default({}).describe('{question: answer}; write-only, read as {}'),
  roles: roles.optional().describe('set by an ORG_ADMIN only; ["USER"] when absent'),
  password: z.string().min(1).max(1024).optional().describe('one-time: the first login must change it'),
  invite: z.boolean().optional(),
});
export type CreateUserBody = z.output<typeof createUserSchema>;

const { firstName, lastName, assignedGroups: _, attributes, ...optional } = userProfileShape;
export const patchUserSchema = z.strictObject({
  firstName: firstName.optional(),
  lastName: lastName.optional(),
  ...optional,
  assignedGroups: groups.nullish(),
  attributes: attributes.nullish(),
  securityQuestion: securityQuestion.nullish().describe('a null answer removes its question; write-only'),
  roles: roles.optional(),
  login: z.string().optional().describe('immutable: refused when it is another one'),
});
export type PatchUserBody = z.output<typeof patchUserSchema>;

/** What a user may change of itself. */
export const patchMeSchema = patchUserSchema.pick({
  firstName: true,
  lastName: true,
  country: true,
  email: true,
  mobile: true,
  securityQuestion: true,
});

export const userIdSchema = z.string().regex(/^usr_[0-9a-z_]{1,60}$/);

export const dryRunQuerySchema = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .transform(text => text === 'true')
    .describe('true = same checks and answer, nothing kept'),
});
export type DryRunQuery = z.output<typeof dryRunQuerySchema>;

export const userListQuerySchema = listQuerySchema.extend({
  filter: z
    .string()
    .max(2000)
    .optional()
    .describe(
      describeFilters({
        ...USER_FILTERS,
        ...Object.fromEntries(
          Object.entries(ATTRIBUTE_OPERATORS).map(([type, operators]) => [`attributes.<${type}>`, { operators }]),
        ),
      }),
    ),
  sort: z.string().max(100).optional().describe(describeSorts(USER_SORTS, DEFAULT_USER_SORT)),
});

export const userAnswerSchema = userSchema
  .extend({
    dryRun: z.literal(true).optional().describe('present on a dry run: nothing was kept'),
  })
  .meta({ id: 'User' });
export const userPageSchema = pageSchema(userAnswerSchema);

export const meSchema = userSchema
  .extend({
    tenant: z.object({ id: z.string(), name: z.string() }),
    acr: z.string().describe('how the login was proved'),
    authTime: z.number().nullable().describe('when a factor was last proved, in seconds since the epoch'),
    dryRun: z.literal(true).optional(),
  })
  .meta({ id: 'Me' });
