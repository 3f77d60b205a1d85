import { z } from 'zod';

/** Above the policy's maximum, so that the policy tells of a long password, and short enough to cost nothing to hash. */
export const passwordSchema = z.string().min(1).max(1024);

export const changeOwnPasswordSchema = z
  .strictObject({ currentPassword: passwordSchema, newPassword: passwordSchema })
  .meta({ id: 'ChangeOwnPassword' });

export const oneTimePasswordSchema = z.object({ oneTimePassword: z.string() }).meta({ id: 'OneTimePassword' });

export const userIdSchema = z.string().regex(/^usr_[0-9a-z]{1,60}$/);
