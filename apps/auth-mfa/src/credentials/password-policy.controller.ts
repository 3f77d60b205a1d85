import { checkPasswordSchema } from '@countersign/contracts';
import { Internal } from '@countersign/platform';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type { z } from 'zod';
import { passwordProblem, passwordRefused } from './password-policy.js';

@Controller('internal/password-policy')
@Internal('user-lifecycle')
export class PasswordPolicyController {
  /** Whether a first password would be taken; asked before a creation has any effect outside. Keeps nothing. */
  @Post('check')
  @HttpCode(204)
  check(@Body({ schema: checkPasswordSchema }) { login, password }: z.output<typeof checkPasswordSchema>): void {
    const problem = passwordProblem(password, login);
    if (problem) throw passwordRefused('/password', problem);
  }
}
