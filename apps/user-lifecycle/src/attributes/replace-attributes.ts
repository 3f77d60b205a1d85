import { DomainError, type FieldError, type TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { checkIfMatch, recordAudit } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import type { AttributeCatalog, AttributeDefinition } from './attribute.schema.js';
import { AttributeCatalogRepository } from './attribute-catalog.repository.js';
import { attributeKey } from './attribute-values.js';

export interface ReplaceAttributesCommand {
  tenantId: TenantId;
  attributes: AttributeDefinition[];
  ifMatch?: string;
}

/**
 * Most users that may have a value of what becomes unique: a second or two of work, during which the catalogue is locked and no
 * user of the tenant is created.
 */
const MOST_TO_HOLD = 100_000;

/**
 * Replaces the tenant's catalogue of attributes. What users already have stays valid: an attribute in use is neither removed
 * nor given another type, and becomes unique only when its values are, and not too many. Creations and updates that were
 * checked by the old catalogue do not commit after it.
 */
@Injectable()
export class ReplaceAttributes {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly catalogs: AttributeCatalogRepository,
    private readonly outbox: Outbox,
  ) {}

  async execute({ tenantId, attributes, ifMatch }: ReplaceAttributesCommand): Promise<AttributeCatalog> {
    const errors = checkDefinitions(attributes);
    if (errors.length > 0) throw new DomainError('validation_failed', 'invalid', errors[0]!.message, { errors });
    return this.uow.run(tenantId, async tx => {
      const before = await this.catalogs.lock(tx);
      checkIfMatch(ifMatch, before.version);
      if (JSON.stringify(before.attributes) === JSON.stringify(attributes)) return before;
      await this.assertFits(tx, before.attributes, attributes);
      const after = await this.catalogs.replace(tx, attributes);
      await recordAudit(this.outbox, tx, {
        action: 'user_attributes.updated',
        target: { type: 'user_attributes', id: tenantId },
        changes: { attributes: { before: before.attributes, after: attributes } },
      });
      return after;
    });
  }

  private async assertFits(
    tx: TenantTransaction,
    before: AttributeDefinition[],
    after: AttributeDefinition[],
  ): Promise<void> {
    const wanted = new Map(
      after.map((definition, index) => [definition.name, { definition, pointer: `/attributes/${index}` }]),
    );
    for (const old of before) {
      const now = wanted.get(old.name);
      if (!now || now.definition.type !== old.type) {
        if (await this.catalogs.isUsed(tx, old.name)) throw inUse(now?.pointer ?? '/attributes', old.name);
        if (old.unique) await this.catalogs.releaseValues(tx, old.name);
      } else if (old.type === 'enum') {
        const keys = (now.definition.values ?? []).map(attributeKey);
        if (await this.catalogs.isUsed(tx, old.name, keys)) throw inUse(`${now.pointer}/values`, old.name);
      }
    }
    const held = new Set(
      before.filter(old => old.unique && wanted.get(old.name)?.definition.type === old.type).map(old => old.name),
    );
    for (const { definition, pointer } of wanted.values()) {
      if (definition.unique === held.has(definition.name)) continue;
      if (!definition.unique) await this.catalogs.releaseValues(tx, definition.name);
      else await this.makeUnique(tx, definition.name, `${pointer}/unique`);
    }
  }

  private async makeUnique(tx: TenantTransaction, name: string, pointer: string): Promise<void> {
    if (await this.catalogs.isHeldByMoreThan(tx, MOST_TO_HOLD, name)) {
      const message = `More than ${MOST_TO_HOLD} users have a value of ${name}: add another attribute that is unique from the beginning, and move the values there`;
      throw conflict('attribute_in_wide_use', pointer, message);
    }
    if (!(await this.catalogs.holdValues(tx, name))) {
      const message = `Users have the same ${name}; it cannot become unique before each has its own`;
      throw conflict('attribute_not_unique', pointer, message);
    }
  }
}

/** What is wrong with a catalogue by itself. */
export function checkDefinitions(attributes: readonly AttributeDefinition[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  attributes.forEach(({ name, type, unique, values }, index) => {
    const add = (member: string, code: string, message: string) =>
      errors.push({ pointer: `/attributes/${index}/${member}`, code, message });
    if (names.has(name.toLowerCase()))
      add('name', 'duplicate', `There are two attributes ${name}; names differ in more than case`);
    names.add(name.toLowerCase());
    if ((type === 'enum') !== (values !== undefined))
      add('values', 'invalid', 'values belongs to an enum, which needs it');
    if (unique && type === 'boolean') add('unique', 'invalid', 'A boolean cannot be unique');
    if (values && new Set(values.map(attributeKey)).size < values.length)
      add('values', 'duplicate', 'The values of an enum differ in more than case');
  });
  return errors;
}

function inUse(pointer: string, name: string): DomainError {
  return conflict(
    'attribute_in_use',
    pointer,
    `Users have values of ${name} that would no longer fit; change those users first`,
  );
}

function conflict(code: string, pointer: string, message: string): DomainError {
  return new DomainError(code, 'conflict', message, { errors: [{ pointer, code, message }] });
}
