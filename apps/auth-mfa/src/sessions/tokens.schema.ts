import { z } from 'zod';

/** A refresh token, a transaction or an API key as a client sends it back. */
export const secretSchema = z.string().min(1).max(512);

export const tokensSchema = z
  .object({
    accessToken: z.string(),
    tokenType: z.literal('Bearer'),
    /** Seconds. */
    expiresIn: z.number().int(),
    refreshToken: z.string(),
  })
  .meta({ id: 'Tokens' });
export type Tokens = z.output<typeof tokensSchema>;
