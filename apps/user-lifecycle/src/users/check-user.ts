import type { User } from '@countersign/contracts';
import { DomainError, type FieldError } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { AttributeCatalogRepository } from '../attributes/attribute-catalog.repository.js';
import type { AttributeCatalog } from '../attributes/attribute.schema.js';
import { attributeIndexName, attributeKey, checkAttributes, valueOf } from '../attributes/attribute-values.js';
import { searchKey } from '../filtering/search-key.js';
import { GroupRepository } from '../groups/group.repository.js';
import type { UniqueValue } from './reservations.repository.js';
import { UserRepository } from './user.repository.js';

/** What a candidate was checked by, and what it has to hold alone. */
export interface CheckedUser {
  catalogVersion: number;
  /** Values that the user must reserve, because it does not hold them yet. */
  needed: UniqueValue[];
  /** Values that the user holds and no longer needs. */
  dropped: UniqueValue[];
}

/** The local validation of a user: all that can be known without asking anybody. Only what differs from `before` is checked. */
@Injectable()
export class CheckUser {
  constructor(
    private readonly users: UserRepository,
    private readonly groups: GroupRepository,
    private readonly catalogs: AttributeCatalogRepository,
  ) {}

  /** @throws DomainError 422 `validation_failed` with a pointer for each refused field */
  async execute(tx: TenantTransaction, candidate: User, before?: User): Promise<CheckedUser> {
    const catalog = await this.catalogs.read(tx);
    const errors = [
      ...checkAttributes(catalog.attributes, candidate.attributes, before?.attributes),
      ...(await this.checkGroups(tx, candidate, before)),
      ...(await this.checkManager(tx, candidate, before)),
    ];
    if (errors.length > 0) throw validationFailed(errors);
    const held = before ? uniqueValues(catalog, before, false) : [];
    const wanted = uniqueValues(catalog, candidate, before === undefined);
    return { catalogVersion: catalog.version, needed: without(wanted, held), dropped: without(held, wanted) };
  }

  private async checkGroups(tx: TenantTransaction, candidate: User, before?: User): Promise<FieldError[]> {
    const added = candidate.assignedGroups.filter(id => !before?.assignedGroups.includes(id));
    if (added.length === 0) return [];
    const found = new Set(await this.groups.existing(tx, added));
    return unknownGroups(
      candidate,
      added.filter(id => !found.has(id)),
    );
  }

  private async checkManager(tx: TenantTransaction, candidate: User, before?: User): Promise<FieldError[]> {
    const { manager } = candidate;
    if (!manager || manager === before?.manager) return [];
    if (manager === candidate.id) return [managerCycle()];
    const found = await this.users.find(tx, manager);
    if (!found || found.status === 'deleted')
      return [{ pointer: '/manager', code: 'unknown_user', message: 'The manager is no user of this tenant' }];
    return before && (await this.users.isAbove(tx, candidate.id, manager)) ? [managerCycle()] : [];
  }
}

export function validationFailed(errors: FieldError[]): DomainError {
  return new DomainError('validation_failed', 'invalid', errors[0]!.message, { errors });
}

export function managerCycle(): FieldError {
  const message = 'The user would be above its own manager; choose a manager who does not report to the user';
  return { pointer: '/manager', code: 'manager_cycle', message };
}

export function unknownGroups(candidate: User, missing: readonly string[]): FieldError[] {
  return missing.map(id => ({
    pointer: `/assignedGroups/${candidate.assignedGroups.indexOf(id)}`,
    code: 'unknown_group',
    message: `There is no group ${id} in this tenant`,
  }));
}

/** 409 for values that another user holds or is about to get. */
export function valuesInUse(values: readonly UniqueValue[]): DomainError {
  const errors = values.map(({ name }) =>
    name === 'login'
      ? { pointer: '/login', code: 'login_in_use', message: 'Another user has this login, or is being created with it' }
      : {
          pointer: `/${name.replace('.', '/')}`,
          code: 'value_in_use',
          message: `Another user has this value of ${name}; it is unique in the tenant`,
        },
  );
  return new DomainError(errors[0]!.code, 'conflict', errors[0]!.message, { errors });
}

function uniqueValues(catalog: AttributeCatalog, user: User, withLogin: boolean): UniqueValue[] {
  const values: UniqueValue[] = withLogin ? [{ name: 'login', value: searchKey(user.login) }] : [];
  for (const { name, unique } of catalog.attributes) {
    const value = valueOf(user.attributes, name);
    if (unique && value !== null) values.push({ name: attributeIndexName(name), value: attributeKey(value) });
  }
  return values;
}

function without(values: readonly UniqueValue[], others: readonly UniqueValue[]): UniqueValue[] {
  return values.filter(value => !others.some(other => other.name === value.name && other.value === value.value));
}

/** The catalogue of attributes is another one than the user was checked by. */
export function catalogChanged(): DomainError {
  return new DomainError(
    'attributes_changed',
    'conflict',
    "The tenant's attributes were changed meanwhile; repeat the request",
  );
}
