import { TOPICS } from '@countersign/contracts';
import { MessagingOperations } from '@countersign/messaging';
import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { Internal } from './auth/auth.decorators.js';

const topicSchema = z.enum(TOPICS);

const listSchema = z.strictObject({
  topic: topicSchema.optional(),
  handler: z.string().max(128).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(2000).optional(),
});
const redriveSchema = z.union([
  z.strictObject({ ids: z.array(z.string().max(512)).min(1).max(1000) }),
  z.strictObject({ topic: topicSchema.optional(), handler: z.string().max(128).optional() }),
]);
const seekSchema = z.strictObject({
  topic: topicSchema,
  to: z.union([
    z.enum(['beginning', 'end']),
    z.strictObject({ time: z.iso.datetime() }),
    z.strictObject({ partition: z.number().int().min(0), offset: z.string().regex(/^[0-9]{1,18}$/) }),
  ]),
  again: z.boolean().optional(),
});

/** What an operator may do with this service's consumer group: look at and redrive its dead letters, set it back, see its lag. */
@Controller('internal/messaging')
@Internal('operator')
export class MessagingOperationsController {
  constructor(private readonly operations: MessagingOperations) {}

  @Get('dead-letters')
  list(@Query({ schema: listSchema }) query: z.output<typeof listSchema>) {
    return this.operations.listDeadLetters(query);
  }

  @Post('dead-letters/redrive')
  @HttpCode(200)
  redrive(@Body({ schema: redriveSchema }) body: z.output<typeof redriveSchema>) {
    return this.operations.redrive(body);
  }

  @Post('seek')
  @HttpCode(200)
  seek(@Body({ schema: seekSchema }) body: z.output<typeof seekSchema>) {
    return this.operations.seek(body);
  }

  @Get('lag')
  lag() {
    return this.operations.lag();
  }
}
