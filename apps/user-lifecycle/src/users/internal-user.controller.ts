import { userSchema, type User } from '@countersign/contracts';
import { currentContext, notFound } from '@countersign/kernel';
import { Internal } from '@countersign/platform';
import { Controller, Get, Param } from '@nestjs/common';
import { Answers } from '../answers.js';
import { FindUser } from './find-user.js';
import { userIdSchema } from './user.schema.js';

/** What other services ask of a user that no event has told them of yet. */
@Internal('auth-mfa', 'webhook-dispatcher')
@Controller('internal/users')
export class InternalUserController {
  constructor(private readonly findUser: FindUser) {}

  @Get(':id')
  @Answers(200, 'The user, also a deleted one', userSchema)
  async read(@Param('id', { schema: userIdSchema }) id: string): Promise<User> {
    const tenantId = currentContext()?.tenantId;
    if (!tenantId) throw notFound('user');
    return this.findUser.execute(tenantId, id);
  }
}
