import {
  announceHookSchema,
  announcedSchema,
  askHookSchema,
  hookAnswerSchema,
  hookVerdictSchema,
  type HookAnswer,
} from '@countersign/contracts';
import { currentContext, DomainError, type TenantId } from '@countersign/kernel';
import { Internal } from '@countersign/platform';
import { Body, Controller, HttpCode, Param, Post, SerializeOptions } from '@nestjs/common';
import { z } from 'zod';
import { RecordVerdict } from '../deliveries/record-verdict.js';
import { AnnounceHook } from './announce-hook.js';
import { AskHook } from './ask-hook.js';

/** What user-lifecycle asks and announces on the user's path. */
@Controller('internal')
export class HookCallsController {
  constructor(
    private readonly askHook: AskHook,
    private readonly announceHook: AnnounceHook,
    private readonly recordVerdict: RecordVerdict,
  ) {}

  @Post('hooks/ask')
  @HttpCode(200)
  @Internal('user-lifecycle')
  @SerializeOptions({ schema: hookAnswerSchema })
  ask(@Body({ schema: askHookSchema }) body: z.output<typeof askHookSchema>): Promise<HookAnswer> {
    return this.askHook.execute(tenant(), body);
  }

  @Post('hooks/announce')
  @HttpCode(200)
  @Internal('user-lifecycle')
  @SerializeOptions({ schema: announcedSchema })
  async announce(
    @Body({ schema: announceHookSchema }) body: z.output<typeof announceHookSchema>,
  ): Promise<{ deliveries: string[] }> {
    return { deliveries: await this.announceHook.execute(tenant(), body) };
  }

  @Post('deliveries/:id/verdict')
  @HttpCode(204)
  @Internal('user-lifecycle')
  async verdict(
    @Param('id', { schema: z.string() }) id: string,
    @Body({ schema: hookVerdictSchema }) body: z.output<typeof hookVerdictSchema>,
  ): Promise<void> {
    await this.recordVerdict.execute(tenant(), id, body);
  }
}

function tenant(): TenantId {
  const tenantId = currentContext()?.tenantId;
  if (!tenantId) throw new DomainError('malformed_request', 'malformed', 'The call names no tenant');
  return tenantId;
}
