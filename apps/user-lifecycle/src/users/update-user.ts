import type { User } from '@countersign/contracts';
import { invalidField, type TenantId } from '@countersign/kernel';
import { Injectable } from '@nestjs/common';
import { searchKey } from '../filtering/search-key.js';
import { ChangeUser, type ChangeUserCommand } from './change-user.js';
import { assertMayChange, assertMaySetRoles, type Caller } from './user-permissions.js';
import { changeUser, userDeleted } from './user-state.js';
import type { PatchUserBody } from './user.schema.js';

export interface UpdateUserCommand {
  tenantId: TenantId;
  caller: Caller;
  userId: string;
  patch: PatchUserBody;
  ifMatch?: string;
  dryRun: boolean;
  reservation?: ChangeUserCommand['reservation'];
  alongside?: ChangeUserCommand['alongside'];
}

/** Merges a patch (RFC 7396) into a user, by an administrator or by the user itself. */
@Injectable()
export class UpdateUser {
  constructor(private readonly changeUser: ChangeUser) {}

  /** @throws DomainError as ChangeUser does; 403 `roles_forbidden`, `administrator_protected`; 422 for another login */
  execute({ caller, patch, ...command }: UpdateUserCommand): Promise<User> {
    const { login, securityQuestion, ...changes } = patch;
    assertMaySetRoles(caller, changes.roles);
    return this.changeUser.execute({
      ...command,
      securityQuestion,
      change: user => {
        if (user.status === 'deleted') throw userDeleted();
        assertMayChange(caller, user);
        if (login !== undefined && searchKey(login) !== searchKey(user.login)) {
          throw invalidField('/login', 'immutable', 'A login never changes; create another user instead');
        }
        return changeUser(user, changes);
      },
    });
  }
}
