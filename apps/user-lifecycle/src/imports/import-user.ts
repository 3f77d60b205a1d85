import { createHash } from 'node:crypto';
import type { FieldError, Id } from '@countersign/kernel';
import { UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { fieldErrors } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { searchKey } from '../filtering/search-key.js';
import type { OperationRun } from '../operations/operation-run.js';
import { CreateUser } from '../users/create-user.js';
import { ReservationsRepository } from '../users/reservations.repository.js';
import { UpdateUser } from '../users/update-user.js';
import { validationFailed } from '../users/check-user.js';
import { assertMaySetRoles } from '../users/user-permissions.js';
import { createUserSchema, loginSchema, patchUserSchema } from '../users/user.schema.js';
import type { z } from 'zod';
import type { ImportParams } from './import.schema.js';

export interface ImportUserCommand {
  run: OperationRun;
  params: ImportParams;
  /** The id of the user that the row creates; the same whenever the row is tried again. */
  userId: Id<'usr'>;
  body: unknown;
  /** Marks the row as done, in the transaction of its effect. */
  alongside: (tx: TenantTransaction) => Promise<void>;
}

/** Creates or updates the user of one row, as a request for it alone would: the same checks, hooks, events and audit rows. */
@Injectable()
export class ImportUser {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly reservations: ReservationsRepository,
    private readonly createUser: CreateUser,
    private readonly updateUser: UpdateUser,
  ) {}

  /** @throws DomainError as CreateUser and UpdateUser do; 422 `validation_failed` where a request would be malformed */
  async execute(command: ImportUserCommand): Promise<void> {
    const existing = command.params.mode === 'upsert' ? await this.find(command) : undefined;
    if (existing === undefined) await this.create(command);
    else await this.update(command, existing);
  }

  private async create({ run, params, userId, body, alongside }: ImportUserCommand): Promise<void> {
    const { tenantId, starter } = run.operation;
    const valid = parse(createUserSchema, body);
    assertMaySetRoles({ userId: starter.userId, roles: run.roles }, valid.roles);
    const identity = { userId, reservation: reservationOf(userId) };
    await this.createUser.execute({ tenantId, body: valid, dryRun: params.dryRun, identity, alongside });
  }

  /** A password is a new user's first one; of a user that exists the import changes none. */
  private async update(
    { run, params, userId: rowId, body, alongside }: ImportUserCommand,
    userId: string,
  ): Promise<void> {
    const { tenantId, starter } = run.operation;
    const { password: _, invite: __, ...fields } = body as Record<string, unknown>;
    await this.updateUser.execute({
      tenantId,
      caller: { userId: starter.userId, roles: run.roles },
      userId,
      patch: parse(patchUserSchema, fields),
      dryRun: params.dryRun,
      reservation: reservationOf(rowId),
      alongside,
    });
  }

  /** The user that has the row's login. */
  private find({ run, body }: ImportUserCommand): Promise<string | undefined> {
    const login = parse(loginSchema, (body as { login?: unknown } | null)?.login, '/login');
    const value = { name: 'login', value: searchKey(login) };
    return this.uow.run(run.operation.tenantId, tx => this.reservations.holder(tx, value));
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, pointer = ''): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors: FieldError[] = fieldErrors(parsed.error.issues, pointer);
  throw validationFailed(errors);
}

/** The token under which a row reserves its unique values: a try after a crash takes over what the first had reserved. */
function reservationOf(userId: string): string {
  const hex = createHash('sha256').update(userId).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
