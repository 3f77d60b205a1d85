import { CurrentPrincipal, Roles, SignedIn, type Principal } from '@countersign/platform';
import { DomainError } from '@countersign/kernel';
import { Body, Controller, HttpCode, Param, Post, SerializeOptions } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { ChangeOwnPassword } from './change-own-password.js';
import { changeOwnPasswordSchema, oneTimePasswordSchema, userIdSchema } from './password.schema.js';
import { ResetPassword } from './reset-password.js';

@ApiTags('Passwords')
@ApiBearerAuth()
@Controller('v1')
export class PasswordsController {
  constructor(
    private readonly changeOwnPassword: ChangeOwnPassword,
    private readonly resetPassword: ResetPassword,
  ) {}

  @ApiOperation({
    summary: "Changes the caller's own password",
    description: 'Its other sessions end; this one goes on.',
  })
  @Post('me/password')
  @SignedIn()
  @HttpCode(204)
  @ApiNoContentResponse()
  change(
    @CurrentPrincipal() principal: Principal,
    @Body({ schema: changeOwnPasswordSchema }) body: z.output<typeof changeOwnPasswordSchema>,
  ): Promise<void> {
    if (principal.kind !== 'user') {
      throw new DomainError('no_password', 'forbidden', 'Only people have passwords');
    }
    return this.changeOwnPassword.execute(principal, body.currentPassword, body.newPassword);
  }

  @ApiOperation({
    summary: "Gives a user a one-time password, which the next login replaces; all of the user's sessions end",
  })
  @Post('users/:id/password-reset')
  @Roles('ORG_ADMIN', 'HELPDESK')
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: oneTimePasswordSchema })
  @SerializeOptions({ schema: oneTimePasswordSchema })
  reset(@CurrentPrincipal() principal: Principal, @Param('id', { schema: userIdSchema }) userId: string) {
    return this.resetPassword.execute(principal, userId);
  }
}
