import { setCredentialSchema } from '@countersign/contracts';
import { Internal } from '@countersign/platform';
import { Body, Controller, HttpCode, Param, Put } from '@nestjs/common';
import type { z } from 'zod';
import { callersTenant } from '../directory/callers-tenant.js';
import { userIdSchema } from './password.schema.js';
import { SetCredential } from './set-credential.js';

@Controller('internal/credentials')
@Internal('user-lifecycle')
export class CredentialsController {
  constructor(private readonly setCredential: SetCredential) {}

  /** Sets a user's first credential before the user is committed; see SetCredential for repetitions. */
  @Put(':userId')
  @HttpCode(204)
  set(
    @Param('userId', { schema: userIdSchema }) userId: string,
    @Body({ schema: setCredentialSchema }) body: z.output<typeof setCredentialSchema>,
  ): Promise<void> {
    return this.setCredential.execute(callersTenant(), userId, body);
  }
}
