import { z } from 'zod';
import { passwordSchema } from '../credentials/password.schema.js';
import { secretSchema, tokensSchema } from '../sessions/tokens.schema.js';
import { FACTOR_TYPES } from './login-state.js';

/** What PostgreSQL and the log can hold; no login has anything else in it. */
const loginSchema = z
  .string()
  .min(1)
  .max(256)
  .refine(text => text.isWellFormed() && !/\p{Cc}/u.test(text), 'a login has no control characters');

export const startLoginSchema = z
  .strictObject({ tenant: z.string().min(1).max(64), login: loginSchema, password: passwordSchema })
  .meta({ id: 'StartLogin' });

export const transactionSchema = z.strictObject({ transaction: secretSchema }).meta({ id: 'LoginTransaction' });

export const changeLoginPasswordSchema = z
  .strictObject({ transaction: secretSchema, newPassword: passwordSchema })
  .meta({ id: 'ChangeLoginPassword' });

const factorTypeSchema = z.enum(FACTOR_TYPES);
const underWay = { transaction: z.string(), expiresAt: z.iso.datetime() };

export const loginStateSchema = z
  .discriminatedUnion('state', [
    z.object({ ...underWay, state: z.literal('PASSWORD_CHANGE_DUE') }),
    z.object({
      ...underWay,
      state: z.literal('ENROLL_DUE'),
      factors: z.array(z.object({ type: factorTypeSchema, required: z.boolean(), position: z.number().int() })),
    }),
    z.object({
      ...underWay,
      state: z.literal('CHALLENGE_DUE'),
      factors: z.array(
        z.object({ id: z.string(), type: factorTypeSchema, label: z.string(), hint: z.string().nullable() }),
      ),
    }),
    z.object({ ...underWay, state: z.literal('DONE'), tokens: tokensSchema }),
  ])
  .meta({ id: 'LoginState' });
export type LoginStateView = z.output<typeof loginStateSchema>;
