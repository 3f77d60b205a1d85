import type { User } from '@countersign/contracts';
import { Injectable } from '@nestjs/common';
import { ChangeUser } from './change-user.js';
import type { MoveUserCommand } from './move-user.js';
import { assertMayChange } from './user-permissions.js';
import { moveUser } from './user-state.js';

/** Shuts an account. The tenant is told, never asked: a dead receiver must not keep a compromised account alive. */
@Injectable()
export class DisableUser {
  constructor(private readonly changeUser: ChangeUser) {}

  /** @throws DomainError as ChangeUser does; 403 `administrator_protected` */
  execute({ caller, ...command }: MoveUserCommand): Promise<User> {
    return this.changeUser.execute({
      ...command,
      change: user => {
        assertMayChange(caller, user);
        return moveUser(user, 'disabled');
      },
    });
  }
}
