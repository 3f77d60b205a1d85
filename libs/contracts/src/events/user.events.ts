import { z } from 'zod';
import { defineEvent } from '../define-event.js';
import { userSchema } from '../user.js';

export const userStateSchema = z.object({
  user: userSchema,
  /** The user's version after the change: a consumer applies it only over a smaller one. */
  aggregateVersion: z.number().int().min(1),
});

export const userChangeSchema = userStateSchema.extend({
  /** Attributes that changed, as JSON pointers into the user object. */
  changed: z.array(z.string()),
  /** Why: an update of the user itself, of its membership at the group, or of provisionedApps by provisioning. */
  cause: z.enum(['update', 'membership', 'provisioning']),
});

const topic = 'iam.user.events.v1' as const;

export const UserCreated = defineEvent({
  type: 'user.created',
  version: 1,
  schema: userStateSchema,
  topic,
  public: true,
});
export const UserUpdated = defineEvent({
  type: 'user.updated',
  version: 1,
  schema: userChangeSchema,
  topic,
  public: true,
});
export const UserDisabled = defineEvent({
  type: 'user.disabled',
  version: 1,
  schema: userStateSchema,
  topic,
  public: true,
});
export const UserEnabled = defineEvent({
  type: 'user.enabled',
  version: 1,
  schema: userStateSchema,
  topic,
  public: true,
});
export const UserDeleted = defineEvent({
  type: 'user.deleted',
  version: 1,
  schema: userStateSchema,
  topic,
  public: true,
});
/** Current state re-emitted by `countersign republish`; for read models only. */
export const UserSnapshot = defineEvent({
  type: 'user.snapshot',
  version: 1,
  schema: userStateSchema,
  topic,
  public: false,
});
