import { z } from 'zod';
import { defineEvent } from '../define-event.js';

const topic = 'iam.mfa.events.v1' as const;

const login = z.object({
  userId: z.string().nullable(),
  login: z.string(),
  clientIp: z.string().nullable(),
  userAgent: z.string().nullable(),
});

/** A login ended with tokens. */
export const LoginSucceeded = defineEvent({
  type: 'login.succeeded',
  version: 1,
  schema: login.extend({ sessionId: z.string(), amr: z.array(z.string()) }),
  topic,
  public: false,
});
/**
 * A login of a known tenant ended without; a stable code says why, never what was typed as password. The `login` of nobody
 * is a digest, because people type their passwords there too.
 */
export const LoginFailed = defineEvent({
  type: 'login.failed',
  version: 1,
  schema: login.extend({ code: z.string() }),
  topic,
  public: false,
});
/** A user's password is another one. `chosenByUser` is false for a one-time password that somebody else set. */
export const PasswordChanged = defineEvent({
  type: 'password.changed',
  version: 1,
  schema: z.object({ userId: z.string(), chosenByUser: z.boolean() }),
  topic,
  public: false,
});
