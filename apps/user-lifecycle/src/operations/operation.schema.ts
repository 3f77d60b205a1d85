import { cursorTimeSchema, listQuerySchema, pageSchema } from '@countersign/platform';
import { z } from 'zod';
import { OPERATION_STATES } from './operation.js';

/** Errors that an operation itself shows; the others are to be had by `/errors`. */
export const SHOWN_ERRORS = 1_000;

export const operationIdSchema = z.string().regex(/^opn_ul_[0-9a-z]{1,40}$/);

export const operationErrorSchema = z
  .object({
    line: z.number().int().describe("of the file, counted from 1, a CSV's headings included; where the row begins"),
    code: z.string().describe('the stable code that a call for this one row would have been answered with'),
    pointer: z.string().describe('JSON pointer to the field; empty when it is the row as a whole'),
    message: z.string(),
  })
  .meta({ id: 'OperationError' });

export const operationSchema = z
  .object({
    id: z.string(),
    kind: z.string().describe('what is done, e.g. `users.import`'),
    state: z
      .enum(OPERATION_STATES)
      .describe(
        '`succeeded`: every item was tried, `progress.failed` of them in vain; `failed`: it could not go on as a whole, see `failure`; what was done by then stays',
      ),
    progress: z.object({
      done: z.number().int().describe('items that are over, the failed ones among them'),
      total: z.number().int(),
      failed: z.number().int(),
    }),
    errors: z.array(operationErrorSchema).describe(`the first ${SHOWN_ERRORS}, by line`),
    errorCount: z.number().int().describe('how many there are; all of them at `/v1/operations/{id}/errors`'),
    failure: z.object({ code: z.string(), message: z.string() }).optional(),
    result: z.record(z.string(), z.unknown()).optional(),
    params: z.record(z.string(), z.unknown()).describe('how it was asked for'),
    dryRun: z.literal(true).optional().describe('nothing of it is kept'),
    startedBy: z.object({ type: z.string(), id: z.string() }),
    cancelRequested: z.boolean().optional().describe('it stops before the next item'),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable().describe('30 days later the operation is deleted'),
  })
  .meta({ id: 'Operation' });
export type ShownOperation = z.output<typeof operationSchema>;

/** In a list the errors are only counted. */
export const operationPageSchema = pageSchema(operationSchema.omit({ errors: true }).meta({ id: 'OperationSummary' }));
export const operationErrorPageSchema = pageSchema(operationErrorSchema);

export const operationListQuerySchema = listQuerySchema.extend({
  state: z.enum(OPERATION_STATES).optional().describe('only those in this state'),
});

export const operationCursorSchema = z.tuple([cursorTimeSchema, z.string()]);
export const errorCursorSchema = z.tuple([
  z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1),
]);
