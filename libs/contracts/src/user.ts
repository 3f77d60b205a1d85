import { z } from 'zod';
import { roleSchema } from './roles.js';

export const userStatusSchema = z.enum(['active', 'staged', 'disabled', 'deleted']);
export type UserStatus = z.infer<typeof userStatusSchema>;

/** A value of a tenant's own typed attribute; which type is checked against the tenant's catalogue. */
export const attributeValueSchema = z.union([z.string().max(4000), z.number(), z.boolean()]);

const name = z.string().trim().min(1).max(128);

/** An application that the user has: written by provisioning only. */
export const provisionedAppSchema = z.strictObject({ uid: z.string(), status: z.string() });

/** Most groups that a user may be in: each of its events and hooks lists them. */
export const MAX_ASSIGNED_GROUPS = 500;

/** What a person or system may say of a user; every field under its name in the API, the hooks and the events. */
export const userProfileShape = {
  firstName: name,
  lastName: name,
  userType: z.string().trim().min(1).max(64).nullish(),
  country: z.string().trim().min(1).max(64).nullish(),
  email: z.email().max(254).nullish(),
  mobile: z
    .string()
    .regex(/^\+[1-9][0-9]{6,14}$/, 'an E.164 number such as +14155550123')
    .nullish(),
  manager: z.string().startsWith('usr_').max(64).nullish(),
  assignedGroups: z.array(z.string().startsWith('grp_').max(64)).max(MAX_ASSIGNED_GROUPS),
  attributes: z.record(z.string().min(1).max(64), attributeValueSchema.nullable()),
};

/**
 * The API's user object, which events carry too: the full state after the change. Password and security answers are never
 * in it; `securityQuestion` reads as {}.
 */
export const userSchema = z.object({
  id: z.string(),
  login: z.string(),
  ...userProfileShape,
  securityQuestion: z.object({}),
  roles: z.array(roleSchema),
  status: userStatusSchema,
  provisionedApps: z.record(z.string(), provisionedAppSchema),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  version: z.number().int().min(1),
});
export type User = z.output<typeof userSchema>;

/**
 * The form in which a login is unique in its tenant and is looked up: NFKC and without regard to case. Every service that
 * finds a user by its login compares this form, never the login as it was typed.
 */
export function loginKey(login: string): string {
  return login.normalize('NFKC').toLowerCase().normalize('NFKC');
}
