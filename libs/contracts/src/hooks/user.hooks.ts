import { z } from 'zod';
import { UserCreated, UserDeleted, UserDisabled, UserEnabled, UserUpdated } from '../events/user.events.js';
import type { User } from '../user.js';
import { defineHook, trigger } from './define-hook.js';
import { hookUserSchema, toHookUser } from './hook-user.js';

const SAMPLE_USER = {
  assignedGroups: [],
  provisionedApps: {},
  securityQuestion: {},
  country: 'India',
  firstName: 'Shreyash2',
  lastName: 'Pande2',
  login: 'shreyash2',
  userType: 'Employee',
};
const userRequest = z.object({ request: z.object({ user: hookUserSchema }) });
const base = { request: userRequest, sampleRequest: { request: { user: SAMPLE_USER } } };
const existing = ({ user }: { user: User }) => ({ user: toHookUser(user, true) });

export const ValidateUser = defineHook({
  ...base,
  hook: 'validateUser',
  path: '/validateUser',
  firedWhen: 'before a user is created, before preCreateUser',
  modes: ['decide', 'shadow'],
  failurePolicy: 'deny',
  answer: 'user',
  sampleResponse: { response: { error: true, message: 'MobileAlreadyExist' } },
});

export const PreCreateUser = defineHook({
  ...base,
  hook: 'preCreateUser',
  path: '/preCreateUser',
  firedWhen: 'after validation, before the user is created',
  modes: ['notify', 'enrich', 'shadow'],
  announced: true,
  failurePolicy: 'allow',
  answer: 'user',
  sampleResponse: { response: { data: SAMPLE_USER } },
});

export const PostCreateUser = defineHook({
  ...base,
  hook: 'postCreateUser',
  path: '/postCreateUser',
  firedWhen: 'after the user is created',
  modes: ['notify'],
  failurePolicy: 'allow',
  answer: 'none',
  sampleResponse: null,
  events: [trigger(UserCreated, { request: existing })],
});

export const ValidateUpdateUser = defineHook({
  ...base,
  hook: 'validateUpdateUser',
  path: '/validateUpdateUser',
  firedWhen: 'before a user is updated, before preUpdateUser',
  modes: ['decide', 'shadow'],
  failurePolicy: 'deny',
  answer: 'user',
  sampleResponse: { response: { error: true, message: 'EmailAlreadyExist' } },
});

export const PreUpdateUser = defineHook({
  ...base,
  hook: 'preUpdateUser',
  path: '/preUpdateUser',
  firedWhen: 'after validation, before the user is updated',
  modes: ['notify', 'enrich', 'shadow'],
  announced: true,
  failurePolicy: 'allow',
  answer: 'user',
  sampleResponse: { response: { data: SAMPLE_USER } },
});

export const PostUpdateUser = defineHook({
  ...base,
  hook: 'postUpdateUser',
  path: '/postUpdateUser',
  firedWhen: 'after the user is updated',
  modes: ['notify'],
  failurePolicy: 'allow',
  answer: 'none',
  sampleResponse: null,
  events: [
    trigger(UserUpdated, { when: data => data.cause !== 'provisioning', request: existing }),
    trigger(UserDisabled, { request: existing }),
    trigger(UserEnabled, { request: existing }),
    trigger(UserDeleted, { request: existing }),
  ],
});
