import { Public } from '@countersign/platform';
import { Body, Controller, HttpCode, Post, SerializeOptions } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { ChangeLoginPassword } from './change-login-password.js';
import { changeLoginPasswordSchema, loginStateSchema, startLoginSchema, transactionSchema } from './login.schema.js';
import { ReadLoginState } from './read-login-state.js';
import { StartLogin } from './start-login.js';

@ApiTags('Login')
@Controller('v1/login')
@Public()
@SerializeOptions({ schema: loginStateSchema })
export class LoginsController {
  constructor(
    private readonly startLogin: StartLogin,
    private readonly changeLoginPassword: ChangeLoginPassword,
    private readonly readLoginState: ReadLoginState,
  ) {}

  @ApiOperation({
    summary: 'Starts a login',
    description: 'Wrong tenant, login and password get one and the same 401; too many of them 429 with Retry-After.',
  })
  @Post()
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: loginStateSchema })
  start(@Body({ schema: startLoginSchema }) body: z.output<typeof startLoginSchema>) {
    return this.startLogin.execute(body);
  }

  @ApiOperation({ summary: 'Replaces the one-time password where the login is at PASSWORD_CHANGE_DUE' })
  @Post('password')
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: loginStateSchema })
  changePassword(@Body({ schema: changeLoginPasswordSchema }) body: z.output<typeof changeLoginPasswordSchema>) {
    return this.changeLoginPassword.execute(body.transaction, body.newPassword);
  }

  @ApiOperation({ summary: 'What the login owes now; finishes it, once, when nothing is due' })
  @Post('state')
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: loginStateSchema })
  state(@Body({ schema: transactionSchema }) body: z.output<typeof transactionSchema>) {
    return this.readLoginState.execute(body.transaction);
  }
}
