import { z } from 'zod';
import { attributeValueSchema, provisionedAppSchema, type User } from '../user.js';

/** The user object of every hook body; the order of its keys is part of the contract (webhooks.json, `hookUser`). */
export const hookUserSchema = z.object({
  assignedGroups: z.array(z.string()),
  provisionedApps: z.record(z.string(), provisionedAppSchema),
  securityQuestion: z.object({}),
  country: z.string().optional(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  login: z.string().optional(),
  userType: z.string().optional(),
  email: z.string().optional(),
  mobile: z.string().optional(),
  manager: z.string().optional(),
  attributes: z.record(z.string(), attributeValueSchema).optional(),
  status: z.string().optional(),
  id: z.string().optional(),
});
export type HookUser = z.output<typeof hookUserSchema>;

type Profile = Partial<Omit<User, 'securityQuestion'>>;

/**
 * The hook's view of a user. What is not set is left out; neither security questions nor answers leave the platform.
 * @param exists whether the user is there already: only then `status` and `id` are shown.
 */
export function toHookUser(user: Profile, exists: boolean): HookUser {
  const out: Record<string, unknown> = {
    assignedGroups: user.assignedGroups ?? [],
    provisionedApps: user.provisionedApps ?? {},
    securityQuestion: {},
  };
  for (const name of ['country', 'firstName', 'lastName', 'login', 'userType', 'email', 'mobile', 'manager'] as const) {
    const value = user[name];
    if (value !== undefined && value !== null && value !== '') out[name] = value;
  }
  const attributes = Object.entries(user.attributes ?? {}).filter(([, value]) => value !== null && value !== undefined);
  if (attributes.length > 0) out['attributes'] = Object.fromEntries(attributes);
  if (exists) {
    out['status'] = user.status;
    out['id'] = user.id;
  }
  return out as HookUser;
}
