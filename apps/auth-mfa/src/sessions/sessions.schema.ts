import { pageSchema } from '@countersign/platform';
import { z } from 'zod';
import { secretSchema } from './tokens.schema.js';

export const refreshSchema = z.strictObject({ refreshToken: secretSchema }).meta({ id: 'Refresh' });

export const sessionIdSchema = z.string().regex(/^ses_[0-9a-z]{1,60}$/);

export const sessionSchema = z
  .object({
    id: z.string(),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    clientIp: z.string().nullable(),
    userAgent: z.string().nullable(),
    amr: z.array(z.string()),
    acr: z.string(),
    /** Whether it is the session of the token that asks. */
    current: z.boolean(),
  })
  .meta({ id: 'Session' });
export type SessionView = z.output<typeof sessionSchema>;
export const sessionPageSchema = pageSchema(sessionSchema).meta({ id: 'SessionPage' });
