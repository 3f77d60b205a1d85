import { listQuerySchema } from '@countersign/platform';
import { z } from 'zod';
import { DELIVERY_STATES } from './delivery-filter.js';

export const deliveryIdSchema = z.string().regex(/^dlv_[0-9a-z]{26}$/);
export const deliveryListQuerySchema = listQuerySchema.extend({ filter: z.string().max(2_000).optional() });

const patch = z.array(z.object({ op: z.string(), path: z.string(), value: z.unknown().optional() }));

export const deliverySchema = z.object({
  id: z.string(),
  hook: z.string(),
  mode: z.string(),
  endpoint: z.object({ id: z.string(), name: z.string().nullable() }),
  userId: z.string().nullable(),
  state: z.enum(DELIVERY_STATES),
  awaited: z.boolean(),
  dryRun: z.boolean(),
  verdict: z.string().nullable(),
  message: z.string().nullable(),
  patch: patch.nullable(),
  ignored: patch.nullable(),
  attemptCount: z.number().int(),
  nextAttemptAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
});

export const deliveryDetailSchema = deliverySchema.extend({
  reason: z.string(),
  attempts: z.array(
    z.object({
      id: z.string(),
      number: z.number().int(),
      at: z.iso.datetime(),
      durationMs: z.number().int(),
      succeeded: z.boolean(),
      outcome: z.string(),
      address: z.string().nullable(),
      error: z.string().nullable(),
      request: z.object({
        method: z.string(),
        url: z.string(),
        headers: z.record(z.string(), z.string()),
        body: z.string().nullable(),
      }),
      response: z
        .object({
          status: z.number().int(),
          headers: z.record(z.string(), z.string()),
          body: z.string(),
          truncated: z.boolean(),
        })
        .nullable(),
    }),
  ),
});
export type ShownDelivery = z.output<typeof deliverySchema>;
export type ShownDeliveryDetail = z.output<typeof deliveryDetailSchema>;
