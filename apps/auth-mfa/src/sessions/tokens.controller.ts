import { CurrentPrincipal, Public, SignedIn, type Principal } from '@countersign/platform';
import { Body, Controller, HttpCode, Post, SerializeOptions } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { LogOut } from './log-out.js';
import { RefreshSession } from './refresh-session.js';
import { refreshSchema } from './sessions.schema.js';
import { tokensSchema } from './tokens.schema.js';

@ApiTags('Login')
@Controller('v1')
export class TokensController {
  constructor(
    private readonly refreshSession: RefreshSession,
    private readonly logOut: LogOut,
  ) {}

  @ApiOperation({
    summary: 'The next pair of tokens',
    description: 'A refresh token is good once: using it again ends the session.',
  })
  @Post('token/refresh')
  @Public()
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: tokensSchema })
  @SerializeOptions({ schema: tokensSchema })
  refresh(@Body({ schema: refreshSchema }) body: z.output<typeof refreshSchema>) {
    return this.refreshSession.execute(body.refreshToken);
  }

  @ApiOperation({ summary: 'Ends the session of the token' })
  @Post('logout')
  @SignedIn()
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiNoContentResponse()
  logout(@CurrentPrincipal() principal: Principal): Promise<void> {
    return this.logOut.execute(principal, 'this');
  }

  @ApiOperation({ summary: "Ends all of the caller's sessions" })
  @Post('logout/all')
  @SignedIn()
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiNoContentResponse()
  logoutAll(@CurrentPrincipal() principal: Principal): Promise<void> {
    return this.logOut.execute(principal, 'all');
  }
}
