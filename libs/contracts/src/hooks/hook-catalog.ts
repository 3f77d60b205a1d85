import { z } from 'zod';
import { defineHook, type HookDefinition } from './define-hook.js';
import * as user from './user.hooks.js';

/** Sent by save & test only. */
export const TestHook = defineHook({
  hook: 'test',
  path: '/test',
  firedWhen: 'an admin saves and tests the webhook configuration',
  modes: ['test'],
  failurePolicy: 'allow',
  answer: 'any',
  request: z.strictObject({}),
  sampleRequest: {},
  sampleResponse: { response: {} },
});

/** Every hook of the platform by name. A hook is added by one more entry of a `*.hooks.ts` file. */
export const HOOK_CATALOG: ReadonlyMap<string, HookDefinition> = new Map(
  [TestHook, ...Object.values(user)].map(hook => [hook.hook, hook]),
);
