import { hookUserSchema, type HookDefinition } from '@countersign/contracts';
import { z } from 'zod';

const user = hookUserSchema.partial().describe('absent = unchanged, null = cleared');
const anything = z.looseObject({}).describe('recorded, not used');

const refusal = z.looseObject({
  response: z.looseObject({ error: z.literal(true), message: z.string().optional() }),
});
const unchanged = z.looseObject({ response: z.looseObject({ error: z.literal(false).optional() }).optional() });
const changed = z.union([
  z.looseObject({ request: z.looseObject({ user }) }),
  z.looseObject({ response: z.looseObject({ data: z.looseObject({ user }) }) }),
  z.looseObject({ response: z.looseObject({ data: user }) }),
  z.looseObject({ response: z.looseObject({ user }) }),
]);

/** Forms of a usable answer, for receivers' authors (webhooks.json, `responseUse`). */
export function answerSchemaOf(hook: HookDefinition): z.ZodType {
  switch (hook.answer) {
    case 'user':
      return hook.modes.includes('decide') ? z.union([refusal, changed, unchanged]) : z.union([changed, unchanged]);
    case 'mappedValue':
      return z.looseObject({
        response: z.looseObject({ mappedValue: z.union([z.string(), z.number(), z.boolean()]) }),
      });
    case 'boolean':
      return z.looseObject({ response: z.looseObject({ data: z.boolean() }) });
    case 'any':
    case 'none':
      return anything;
  }
}
