import { userProfileShape, type User } from '@countersign/contracts';
import { fieldErrors, unstorableTexts } from '@countersign/platform';
import { z } from 'zod';
import type { HookChanges } from '../hooks/hook-chain.js';
import { validationFailed } from './check-user.js';
import { changeUser } from './user-state.js';

const { firstName, lastName, assignedGroups, attributes, ...optional } = userProfileShape;

/**
 * What a hook's answer may change at most, whatever the tenant allows: roles are an ORG_ADMIN's to give, the login is
 * immutable, provisioned applications are provisioning's.
 */
const answerSchema = z.strictObject({
  firstName: firstName.optional(),
  lastName: lastName.optional(),
  ...optional,
  assignedGroups: assignedGroups.nullish(),
  attributes: attributes.nullish(),
});

/** The user with a hook's answer. @throws DomainError 422 `validation_failed` with a pointer for each value that cannot be taken */
export function applyHookAnswer(user: User, changes: HookChanges): User {
  const unstorable = unstorableTexts(changes);
  if (unstorable.length > 0) throw validationFailed(unstorable);
  const parsed = answerSchema.safeParse(changes);
  if (parsed.success) return changeUser(user, parsed.data);
  throw validationFailed(fieldErrors(parsed.error.issues));
}
